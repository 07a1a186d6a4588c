import type { EntryView, Logger } from "@beatx/core";
import { describePublisher, describeStore, type Settings } from "../configuration/settings.js";
import type { CommandContext } from "../output/command-context.js";
import { formatTime, formatUntil, isoTime } from "../output/format-time.js";
import { formatFacts, formatTable } from "../output/table.js";
import { previewEntries } from "./preview.js";
import { version } from "./version.js";

/** A starting node lists at most this many entries. */
const SHOWN_ENTRIES = 5;

/** Prints the settings of a node and its next runs, before it starts. */
export async function announceNode(
  settings: Settings,
  output: { readonly context: CommandContext; readonly jsonLog: Logger | null },
): Promise<void> {
  const { stdout, clock } = output.context;
  const now = clock.now();
  const entries = await listConfigured(settings);
  const soonest = [...(entries ?? [])].sort((a, b) => (a.nextRunAt ?? Infinity) - (b.nextRunAt ?? Infinity));
  const node = {
    version,
    pid: process.pid,
    store: describeStore(settings.options),
    publisher: describePublisher(settings.options),
    namespace: settings.namespace,
    timezone: settings.timezone,
    config: settings.configName,
  };
  const shown = soonest.slice(0, SHOWN_ENTRIES);
  if (output.jsonLog) {
    const next = shown.map(({ name, schedule, nextRunAt }) => ({ name, schedule, nextRunAt: isoTime(nextRunAt) }));
    return output.jsonLog.info({ ...node, entries: entries?.length ?? null, next }, "starting");
  }
  stdout.write(
    formatFacts([
      ["beatx", `${version}, process ${process.pid}`],
      ["store", `${node.store} (namespace ${node.namespace})`],
      ["publisher", node.publisher],
      ["role", "standby until this node gets the lease"],
      ["entries", describeCount(settings, entries)],
    ]),
  );
  if (shown.length > 0) stdout.write(formatEntries(shown, settings.timezone, now));
  if (soonest.length > shown.length) stdout.write(`  … and ${soonest.length - shown.length} more: see "beatx list"\n`);
  stdout.write("\n");
}

async function listConfigured(settings: Settings): Promise<EntryView[] | null> {
  const { schedule } = settings.options;
  return schedule === undefined ? null : (await previewEntries(settings, schedule)).list();
}

function describeCount({ configName }: Settings, entries: readonly EntryView[] | null): string {
  if (entries === null) return 'only the stored ones: no "schedule" is configured (see "beatx list")';
  return `${entries.length} in ${configName ?? "the configuration"}`;
}

function formatEntries(entries: readonly EntryView[], timezone: string, now: number): string {
  const rows = entries.map(({ name, schedule, nextRunAt }) => {
    const next = nextRunAt === null ? "never" : `${formatTime(nextRunAt, timezone)} (${formatUntil(nextRunAt, now)})`;
    return [`  ${name}`, schedule, next];
  });
  return formatTable(["  ENTRY", "SCHEDULE", "NEXT RUN"], rows);
}
