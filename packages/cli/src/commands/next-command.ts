import { BeatxError, type Client, type EntryInput, type EntryView, type Upcoming } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags, parseCount } from "../configuration/flags.js";
import { hasNoStore } from "../configuration/default-store.js";
import { readSettings, type Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { namesIn, noEntry } from "../configuration/with-entry.js";
import type { CommandContext } from "../output/command-context.js";
import { formatTime, formatUntil, isoTime } from "../output/format-time.js";
import { printable } from "../output/printable.js";
import { formatTable } from "../output/table.js";
import { describePause, toJsonPause, zoneOf } from "../entry/entry-text.js";
import { previewEntries } from "./preview.js";

const EXAMPLES = `
Examples:
  $ beatx next daily-report
  $ beatx next daily-report -n 3 --json
  $ beatx next daily-report --store redis://127.0.0.1:6379/0

An entry that is not stored yet is looked up in the configuration file.`;

interface NextFlags extends Flags {
  readonly count: number;
}

interface Answer {
  readonly view: EntryView;
  readonly next: readonly Upcoming[];
  readonly isStored: boolean;
}

export function addNextCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("next")
    .description("show the next runs of one entry")
    .argument("<entry>", "name of the entry");
  addStoreFlags(command)
    .option("-n, --count <n>", "number of runs to show", parseCount, 10)
    .addHelpText("after", EXAMPLES)
    .action((name: string, flags: NextFlags) => showNext(name, flags, context));
}

async function showNext(name: string, flags: NextFlags, context: CommandContext): Promise<void> {
  const settings = await readSettings(flags, context);
  const answer = (await findStored(name, flags.count, settings)) ?? (await findConfigured(name, flags.count, settings));
  if (!answer) throw new BeatxError("NOT_FOUND", await explainUnknown(name, settings));
  const now = context.clock.now();
  context.stdout.write(flags.json ? toJson(answer) : toText(answer, settings, now));
}

async function explainUnknown(name: string, settings: Settings): Promise<string> {
  const stored = await withClient(settings, (client) => client.list());
  return noEntry(name, [...stored.map((view) => view.name), ...namesIn(settings.options)]);
}

async function findStored(name: string, count: number, settings: Settings): Promise<Answer | null> {
  if (hasNoStore(settings) && configured(name, settings) !== undefined) return null;
  return withClient(settings, (client) => ask(client, name, count, true));
}

async function findConfigured(name: string, count: number, settings: Settings): Promise<Answer | null> {
  const entry = configured(name, settings);
  if (entry === undefined) return null;
  // Keeps an entry that is done, so that the answer can say so.
  const schedule = { [name]: { ...entry, whenDone: "keep" as const } };
  return ask(await previewEntries(settings, schedule), name, count, false);
}

/** The entry of the configuration that is stored under this name. */
function configured(name: string, { options: { schedule = {}, app } }: Settings): EntryInput | undefined {
  const prefix = app === undefined ? "" : `${app}/`;
  const written = name.startsWith(prefix) ? name.slice(prefix.length) : null;
  return written !== null && Object.hasOwn(schedule, written) ? schedule[written] : undefined;
}

async function ask(client: Client, name: string, count: number, isStored: boolean): Promise<Answer | null> {
  const view = await client.get(name);
  return view && { view, next: await client.next(name, count), isStored };
}

function toJson({ view, next, isStored }: Answer): string {
  const runs = next.map(({ scheduledAt, runAt }) => ({ scheduledAt: isoTime(scheduledAt), runAt: isoTime(runAt) }));
  const { name, schedule, active, paused } = view;
  const answer = {
    entry: name,
    schedule,
    active,
    paused,
    pause: toJsonPause(view.pause),
    stored: isStored,
    next: runs,
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function toText({ view, next, isStored }: Answer, settings: Settings, now: number): string {
  const zone = zoneOf(view, settings.timezone);
  const source = isStored ? "" : `; not stored yet, computed from ${settings.configName ?? "the configuration"}`;
  const paused = view.pause === null ? "" : `; paused${describePause(view.pause, zone)}`;
  const title = `${printable(view.name)}: ${printable(view.schedule + source + paused)}\n`;
  if (next.length === 0) return `${title}${explainNever(view)}\n`;
  const rows = next.map(({ runAt }) => [formatTime(runAt, zone), formatTime(runAt, "UTC"), formatUntil(runAt, now)]);
  // In UTC both columns would be equal.
  if (zone === "UTC")
    return (
      title +
      formatTable(
        ["UTC", ""],
        rows.map(([, utc, until]) => [utc!, until!]),
      )
    );
  return title + formatTable([zone, "UTC", ""], rows);
}

function explainNever({ name, active, paused, pause }: EntryView): string {
  if (pause?.until != null) return "Paused, and no run is left after the pause.";
  if (paused) return `Paused: nothing is sent until "beatx resume ${printable(name)}".`;
  return active ? "It will never run again." : "Disabled in its definition: nothing is sent.";
}
