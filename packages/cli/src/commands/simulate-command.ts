import { isSchedule, type PlannedEntry, type PlannedSchedule } from "@beatx/core";
import { type Command, Option } from "commander";
import { addStoreFlags, type Flags, parseWholeNumber } from "../configuration/flags.js";
import { readSettings, type Settings } from "../configuration/settings.js";
import type { CommandContext } from "../output/command-context.js";
import { printable } from "../output/printable.js";
import { loadPlanner, pickEntries } from "../simulation/planned-schedule.js";
import { type RangeFlags, readRange } from "../simulation/simulated-range.js";
import { simulationJson } from "../simulation/simulation-json.js";
import { describeRange, formatRuns, formatSummary } from "../simulation/simulation-text.js";
import { simulateEntries } from "../simulation/simulation.js";
import { takeOverNote } from "../simulation/take-over-note.js";
import { drawTimeline } from "../timeline/timeline.js";

const SECOND_MS = 1_000;
const DEFAULT_LIMIT = 500;

const HELP = `
Merges the schedule of the configuration file with the stored one, as the next leader would, and lists every send, skip
and catch-up with its reason. Nothing is sent and nothing is written. All entries start at --from and owe nothing from
before; the runs that an entry has already had count towards its maxRuns.

A moment is one of
  now
  2027-03-28                   the start of that day in --timezone
  2027-03-28T09:00:00+02:00    ISO 8601 with an offset from UTC, or Z
  +6h, -1d12h                  relative to now in --from, and to --from in --to and --outage

A take-over after a crash of the leader is a short outage. Entries that are due more often than it lasts, and whose
"missed" is "latest" (the default), are named below the list.

Examples:
  $ beatx simulate                                        the next 24 hours
  $ beatx simulate --timeline --to +7d                    a drawing with a row per entry
  $ beatx simulate --outage +2h..+5h --entry ping         the effect of three hours without the store
  $ beatx simulate --from 2027-03-28 --to 2027-03-29 --timezone Europe/Berlin
                                                          the day on which the clocks change
  $ beatx simulate --file-only --json | jq '.entries[] | select(.skipped > 0)'

Times are in --timezone or the "timezone" of the configuration. Without either they are in the zone that all entries
with a zone share, and otherwise in UTC.`;

interface SimulateFlags extends Flags, RangeFlags {
  readonly entry?: readonly string[];
  readonly limit: number;
  readonly timeline?: boolean;
  readonly fileOnly?: boolean;
}

export function addSimulateCommand(program: Command, context: CommandContext): void {
  const command = program.command("simulate").description("show what the schedule will do, even through an outage");
  addStoreFlags(command)
    .option("--from <moment>", "start of the simulated time", "now")
    .option("--to <moment>", "end of the simulated time", "+24h")
    .option("--outage <from..to>", "a time in which nothing can be sent; repeatable", collect)
    .option("--entry <name>", "simulate only this entry; repeatable (default: all)", collect)
    .option("--file-only", "use only the configuration file, not the store")
    .addOption(new Option("--timeline", "draw a timeline instead of listing the runs").conflicts("json"))
    .option("--limit <n>", "maximum number of rows; 0 prints all, and so does --json", parseWholeNumber, DEFAULT_LIMIT)
    .addHelpText("after", HELP)
    .action((flags: SimulateFlags) => showSimulation(flags, context));
}

async function showSimulation(flags: SimulateFlags, context: CommandContext): Promise<void> {
  const settings = await readSettings(flags, context);
  const { planAt, scheduleTypes } = await loadPlanner(settings, flags.fileOnly === true, context.clock.now());
  const names = flags.entry ?? [];
  const now = Math.floor(context.clock.now() / SECOND_MS) * SECOND_MS;
  // The range is read in a zone that depends on the entries.
  const range = readRange(flags, now, zoneOfAll(pickEntries(planAt(now), names), settings));
  // A leader that started just before --from sends what is due at --from.
  const plan = planAt(range.from - 1);
  const entries = pickEntries(plan, names);
  const simulation = simulateEntries(entries, range, scheduleTypes);
  const note = takeOverNote(entries, range, settings);
  if (flags.json) return void context.stdout.write(simulationJson(simulation, note));
  // A small limit shortens the list of runs, not the summary.
  const summaryLimit = flags.limit === 0 ? 0 : Math.max(flags.limit, DEFAULT_LIMIT);
  const body = flags.timeline ? drawTimeline(simulation, flags.limit, context) : formatRuns(simulation, flags.limit);
  const parts = [describeRange(simulation), body, formatSummary(simulation, summaryLimit)];
  const notes = note === null ? "" : `\n${printable(note)}.\n`;
  const about = describeForeign(plan) + describeRemoved(plan, settings) + describeBroken(plan);
  context.stdout.write(parts.join("\n") + notes + about);
}

/** The zone in which dates are read and times are shown. */
function zoneOfAll(entries: ReadonlyMap<string, PlannedEntry>, { options, timezone }: Settings): string {
  if (options.timezone !== undefined) return timezone;
  const zones = new Set<unknown>();
  for (const { input } of entries.values()) {
    const schedule = isSchedule(input.schedule) ? input.schedule.toJSON() : input.schedule;
    if (typeof schedule === "object" && schedule["timezone"] !== undefined) zones.add(schedule["timezone"]);
  }
  const [zone, ...others] = zones;
  return typeof zone === "string" && others.length === 0 ? zone : timezone;
}

function describeForeign({ foreign }: PlannedSchedule): string {
  return foreign === null
    ? ""
    : `\nThe file is not merged. ${printable(foreign[0]!.toUpperCase() + foreign.slice(1))}\n`;
}

function describeRemoved({ removed }: PlannedSchedule, { configName }: Settings): string {
  if (removed.length === 0) return "";
  const file = configName ?? "the configuration";
  return `\nStored but no longer in ${file}, so the next leader will remove: ${listNames(removed)}\n`;
}

function describeBroken({ broken }: PlannedSchedule): string {
  if (broken.size === 0) return "";
  return `\nStored but broken (see "beatx status"): ${listNames([...broken.keys()])}\n`;
}

function listNames(names: readonly string[]): string {
  return names.map((name) => printable(name)).join(", ");
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
