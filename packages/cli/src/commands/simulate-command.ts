import { isSchedule } from "@beatx/core";
import { type Command, Option } from "commander";
import { findScheduleTypes } from "../configuration/find-schedule-types.js";
import { addStoreFlags, type Flags, parseWholeNumber } from "../configuration/flags.js";
import { readSettings, type Settings } from "../configuration/settings.js";
import type { CommandContext } from "../output/command-context.js";
import { printable } from "../output/printable.js";
import { type PlannedEntry, pickEntries, planSchedule } from "../simulation/planned-schedule.js";
import { type RangeFlags, readRange } from "../simulation/simulated-range.js";
import { simulationJson } from "../simulation/simulation-json.js";
import { describeRange, formatRuns, formatSummary } from "../simulation/simulation-text.js";
import { simulateEntries } from "../simulation/simulation.js";
import { drawTimeline } from "../timeline/timeline.js";

const SECOND_MS = 1_000;
const DEFAULT_LIMIT = 500;

const HELP = `
It takes the schedule of the configuration file, merged with what is stored as the next leader merges it, and lists
every send, skip and catch-up with its reason. Nothing is sent and nothing is written. All entries are in force from
--from on and owe nothing for the time before; one with maxRuns goes on counting from what it has sent.

A moment is one of
  now
  2027-03-28                   the start of that day in --timezone
  2027-03-28T09:00:00+02:00    ISO 8601 with its offset from UTC, or Z
  +6h, -1d12h                  from now in --from; from there in --to and --outage

Examples:
  $ beatx simulate                                        the next 24 hours
  $ beatx simulate --timeline --to +7d                    drawn: a row per entry
  $ beatx simulate --outage +2h..+5h --entry ping         what a night without the store costs
  $ beatx simulate --from 2027-03-28 --to 2027-03-29 --timezone Europe/Berlin
                                                          the day on which the clocks change
  $ beatx simulate --file-only --json | jq '.entries[] | select(.skipped > 0)'

Times are in --timezone; where nobody names one, in the zone that all entries with a zone agree on, else in UTC.`;

interface SimulateFlags extends Flags, RangeFlags {
  readonly entry?: readonly string[];
  readonly limit: number;
  readonly timeline?: boolean;
  readonly fileOnly?: boolean;
}

export function addSimulateCommand(program: Command, context: CommandContext): void {
  const command = program.command("simulate").description("what the schedule will do, also through an outage");
  addStoreFlags(command)
    .option("--from <moment>", "where it begins", "now")
    .option("--to <moment>", "where it ends", "+24h")
    .option("--outage <from..to>", "nothing can be sent meanwhile; repeatable", collect)
    .option("--entry <name>", "look at this one; repeatable (default: all)", collect)
    .option("--file-only", "do not ask the store: the configuration file alone")
    .addOption(new Option("--timeline", "draw it instead of listing it").conflicts("json"))
    .option("--limit <n>", "print so many rows at most; 0: all; --json prints all", parseWholeNumber, DEFAULT_LIMIT)
    .addHelpText("after", HELP)
    .action((flags: SimulateFlags) => showSimulation(flags, context));
}

async function showSimulation(flags: SimulateFlags, context: CommandContext): Promise<void> {
  const settings = await readSettings(flags, context);
  const plan = await planSchedule(settings, flags.fileOnly === true);
  const entries = pickEntries(plan, flags.entry ?? []);
  const now = Math.floor(context.clock.now() / SECOND_MS) * SECOND_MS;
  const range = readRange(flags, now, zoneOfAll(entries, settings));
  const inputs = [...entries.values()].map(({ input }) => input);
  const scheduleTypes = await findScheduleTypes(inputs, settings);
  const simulation = simulateEntries(entries, range, { timezone: settings.timezone, scheduleTypes });
  if (flags.json) return void context.stdout.write(simulationJson(simulation));
  // Whoever wants to see a few runs still wants to know what they add up to.
  const summaryLimit = flags.limit === 0 ? 0 : Math.max(flags.limit, DEFAULT_LIMIT);
  const body = flags.timeline ? drawTimeline(simulation, flags.limit, context) : formatRuns(simulation, flags.limit);
  const parts = [describeRange(simulation), body, formatSummary(simulation, summaryLimit)];
  context.stdout.write(parts.join("\n") + describeRemoved(plan.removed, settings));
}

/** The zone in which times are read and shown. */
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

function describeRemoved(removed: readonly string[], { configName }: Settings): string {
  if (removed.length === 0) return "";
  const names = removed.map((name) => printable(name)).join(", ");
  return `\nStored, but no longer in ${configName ?? "the configuration"}, so the next leader removes it: ${names}\n`;
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
