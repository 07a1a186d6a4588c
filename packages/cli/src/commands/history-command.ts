import { ConfigError, type EntryHistory, type EntryView, type HistoryRun, type Pause } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags, parseCount } from "../configuration/flags.js";
import { readStoreSettings, type Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import type { CommandContext, TextOutput } from "../output/command-context.js";
import { columnsToFit, formatFittedTable } from "../output/fitted-table.js";
import { formatSecond, formatSpan, formatTime, isoTime } from "../output/format-time.js";
import { printable } from "../output/printable.js";
import { formatTable } from "../output/table.js";
import { describePause, toJsonPause, zoneOf } from "../entry/entry-text.js";
import { showLeaders } from "./leaders-text.js";

const HEADER = ["SCHEDULED", "SENT", "LATE", "OUTCOME", "NODE", "ID"];
/** The columns of `HEADER` that are shortened first. */
const FLEXIBLE = [3, 4, 5];

const EXAMPLES = `
Examples:
  $ beatx history daily-report
  $ beatx history daily-report --limit 3 --json
  $ beatx history --leaders      which node led when, and why its term ended

The newest run comes first. Each entry keeps its last runs: 20 of them, unless the nodes run with --history-runs. Times are in
the zone of the entry's schedule, or in --timezone if it names none.`;

interface HistoryFlags extends Flags {
  readonly leaders?: boolean;
  readonly limit?: number;
}

/** What is known of one entry. `view`: `null` for one that was removed or cannot be read. */
interface Answer {
  readonly name: string;
  readonly view: EntryView | null;
  readonly runs: EntryHistory;
}

export function addHistoryCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("history")
    .description("show the last runs of one entry, or the last leaders")
    .argument("[entry]", "name of the entry");
  addStoreFlags(command)
    .option("--leaders", "the last terms of leaders instead, with the reasons of their ends")
    .option("--limit <n>", "at most this many lines", parseCount)
    .addHelpText("after", EXAMPLES)
    .action((name: string | undefined, flags: HistoryFlags) => show(name, flags, context));
}

async function show(name: string | undefined, flags: HistoryFlags, context: CommandContext): Promise<void> {
  if ((name === undefined) === (flags.leaders !== true)) {
    const found = name === undefined ? "neither is given" : "both are given";
    throw new ConfigError(`name an entry or use --leaders: ${found}`, { field: "entry" });
  }
  const settings = await readStoreSettings(flags, context);
  if (name === undefined) {
    const leaders = await withClient(settings, (client) => client.leaders());
    context.stdout.write(showLeaders(leaders.slice(0, flags.limit), settings.timezone, flags.json === true));
  } else {
    const answer = await read(name, flags.limit, settings);
    context.stdout.write(flags.json ? toJson(answer) : toText(answer, settings.timezone, context.stdout));
  }
}

function read(name: string, limit: number | undefined, settings: Settings): Promise<Answer> {
  return withEntry(settings, name, async (client) => {
    const runs = await client.history(name, { limit });
    // It gives the zone; a broken entry has a history, too.
    return { name, view: await client.get(name).catch(() => null), runs };
  });
}

function toJson({ name, runs }: Answer): string {
  const { unreadable, lastPause } = runs;
  const shown = runs.map((run) => ({
    ...run,
    scheduledAt: isoTime(run.scheduledAt),
    sentAt: isoTime(run.sentAt),
  }));
  const answer = { entry: name, lastPause: toJsonPause(lastPause), unreadable, runs: shown };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function toText({ view, runs }: Answer, timezone: string, stdout: TextOutput): string {
  const zone = view ? zoneOf(view, timezone) : timezone;
  const lost = runs.unreadable === 0 ? "" : `${runs.unreadable} records cannot be read, and are left out.\n`;
  const about = `${describeLastPause(runs.lastPause, zone)}${lost}`;
  if (runs.length === 0) return `No run is recorded yet.\n${about}`;
  const rows = runs.map((run) => toRow(run, zone));
  const columns = columnsToFit(HEADER, rows, stdout);
  const table = columns === null ? formatTable(HEADER, rows) : formatFittedTable(HEADER, rows, columns, FLEXIBLE);
  return table + about;
}

/** A line of its own; empty if none is known. */
function describeLastPause(pause: Pause | null, zone: string): string {
  if (pause === null) return "";
  return printable(`Last paused at ${formatTime(pause.at, zone)}${describePause(pause, zone)}.`) + "\n";
}

function toRow(run: HistoryRun, zone: string): string[] {
  const { scheduledAt, sentAt, latenessMs, node, id } = run;
  return [
    formatSecond(scheduledAt, zone),
    sentAt === null ? "-" : formatSecond(sentAt, zone),
    latenessMs === null ? "-" : formatSpan(Math.max(0, latenessMs)),
    describeOutcome(run),
    node ?? "-",
    id,
  ];
}

/** As in `caught up (3 skipped: latest)`. */
function describeOutcome({
  outcome,
  count,
  skipped,
  atLeast,
  reason,
  error,
  failedAttempts,
  manual,
}: HistoryRun): string {
  const isOwnError = outcome === "failed" || outcome === "uncertain";
  const details = [
    ...(manual ? ["by hand"] : []),
    ...(count > 1 ? [`${count} sent`] : []),
    ...(skipped > 0 ? [`${atLeast ? "at least " : ""}${skipped} skipped: ${reason ?? "policy"}`] : []),
    ...(failedAttempts > 0 && !isOwnError ? [`after ${failedAttempts} failed`] : []),
  ];
  const why = error !== null && isOwnError ? `: ${error}` : "";
  return `${outcome}${details.length === 0 ? "" : ` (${details.join(", ")})`}${why}`;
}
