import { ConfigError, type PlannedEntry, type RuleType, type Schedule, simulate, type SimulatedRun } from "@beatx/core";
import { describePlanned } from "./planned-schedule.js";
import type { SimulatedRange, Span } from "./simulated-range.js";

/** More would take minutes and gigabytes. */
const MAX_INSTANTS = 1_000_000;

/** The result of a simulation. */
export interface Simulation {
  readonly range: SimulatedRange;
  /** In the order in which it happens. */
  readonly runs: readonly SimulatedRun[];
  readonly entries: readonly SimulatedEntry[];
  /** Their rules, by name. */
  readonly rules: ReadonlyMap<string, Schedule>;
}

/** The counts of one entry. */
export interface SimulatedEntry {
  readonly name: string;
  /** Occurrences sent on time. */
  readonly sent: number;
  readonly caughtUp: number;
  readonly skipped: number;
  /** There were too many skipped ones to count them all. */
  readonly atLeast: boolean;
  readonly note: string;
}

/** `scheduleTypes`: those that the entries need. @throws ConfigError for a range that holds too many instants. */
export function simulateEntries(
  entries: ReadonlyMap<string, PlannedEntry>,
  range: SimulatedRange,
  scheduleTypes: readonly RuleType[] = [],
): Simulation {
  const rules = new Map([...entries].map(([name, { rule }]) => [name, rule]));
  const running = [...entries].filter(([, { state }]) => state === "active");
  requireFewInstants(
    running.map(([, { rule, input }]) => ({ rule, maxRuns: input.maxRuns ?? Infinity })),
    range,
  );
  const { from, to, outages } = range;
  const schedule = Object.fromEntries(running.map(([name, { rule, input }]) => [name, { ...input, schedule: rule }]));
  const runs = simulate(schedule, { from, to, outages, scheduleTypes });
  return { range, runs, entries: countRuns(entries, runs), rules };
}

function requireFewInstants(
  entries: readonly { readonly rule: Schedule; readonly maxRuns: number }[],
  { from, to }: Span,
): void {
  let count = 0;
  for (const { rule, maxRuns } of entries) {
    let left = maxRuns;
    for (let at = rule.next(from - 1); at !== null && at < to && left-- > 0; at = rule.next(at)) {
      if (++count <= MAX_INSTANTS) continue;
      const hint = "shorten it with --to, or choose entries with --entry";
      throw new ConfigError(`there are more than ${MAX_INSTANTS} instants in the range: ${hint}`, { field: "--to" });
    }
  }
}

function countRuns(entries: ReadonlyMap<string, PlannedEntry>, runs: readonly SimulatedRun[]): SimulatedEntry[] {
  const counts = new Map(
    [...entries.keys()].map((name) => [name, { sent: 0, caughtUp: 0, skipped: 0, atLeast: false }]),
  );
  for (const { entry, kind, count, atLeast } of runs) {
    const counted = counts.get(entry)!;
    if (kind === "sent") counted.sent += 1;
    else if (kind === "caught-up") counted.caughtUp += 1;
    else counted.skipped += count!;
    counted.atLeast ||= atLeast === true;
  }
  return [...counts].map(([name, counted]) => ({ name, ...counted, note: describePlanned(entries.get(name)!) }));
}
