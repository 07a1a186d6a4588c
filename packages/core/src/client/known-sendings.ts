import { inSlices } from "../base/slices.js";
import type { KnownSendings } from "../timetable/backfill-plan.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import type { Connection } from "./connection.js";
import { type HistoryRun, readHistory } from "./history.js";

/** What the history of the entry says about its past instants. @throws StoreError */
export async function readKnownSendings(connection: Connection, live: LiveEntry): Promise<KnownSendings> {
  const runs = await readHistory(connection, live.name);
  return inSlices(connection.clock, knownSendings(live, runs));
}

/** The most instants that are looked at between two runs: a run that sent several names the newest alone. */
const MOST_BETWEEN = 20_000;

/** Yields from time to time, so that the caller can pause. Exported for tests. */
export function* knownSendings(
  { rule, cursor }: Pick<LiveEntry, "rule" | "cursor">,
  runs: readonly HistoryRun[],
): Generator<void, KnownSendings> {
  const sent = new Set<number>();
  for (const { manual, scheduledAt } of runs) if (manual) sent.add(scheduledAt);
  const bySchedule = runs.filter(({ manual }) => !manual).sort((one, other) => one.scheduledAt - other.scheduledAt);
  if (bySchedule.length === 0) return { sent, since: cursor === null && runs.length === 0 ? -Infinity : Infinity };
  let since = bySchedule[0]!.scheduledAt;
  let before = since - 1;
  for (const { scheduledAt, count, outcome } of bySchedule) {
    const number = outcome === "uncertain" ? Math.max(count, 1) : count;
    const instants = yield* lastInstants(rule, before, scheduledAt, number);
    if (instants === null) since = scheduledAt;
    for (const instant of instants ?? []) sent.add(instant);
    if (number > 0) sent.add(scheduledAt);
    before = scheduledAt;
  }
  return { sent, since };
}

/** The last `count` instants after `from` up to `to`; `null`: there are too many to look at. */
function* lastInstants(
  { schedule }: LiveEntry["rule"],
  from: number,
  to: number,
  count: number,
): Generator<void, readonly number[] | null> {
  if (count < 2) return [];
  const instants: number[] = [];
  for (let next = schedule.next(from); next !== null && next <= to; next = schedule.next(next)) {
    if (instants.push(next) > MOST_BETWEEN) return null;
    yield;
  }
  return instants.slice(-count);
}
