/** Which instant of an entry comes next, and from when its instants count: pure functions of rule and cursor (R12, R15). */

import type { Schedule } from "../contract/schedule.js";
import type { Cursor } from "../entry/cursor.js";
import type { Entry } from "../entry/entry.js";

/** The fields that decide when an entry is due. */
export interface DueRule extends Pick<
  Entry,
  "missed" | "deadlineMs" | "maxCatchUp" | "startAt" | "endAt" | "maxRuns" | "firstRun"
> {
  readonly schedule: Schedule;
  /** Epoch ms. No occurrence is due for an instant at or before it (R15). */
  readonly effectiveFrom: number;
  /** Epoch ms. Due instants up to it are skipped and counted, whatever the policy says. Default: none. */
  readonly skipUntil?: number | undefined;
  /** An occurrence is due this many ms after its instant (its jitter). */
  readonly offsetMs: number;
}

/** The first instant that is not settled, due or not, in epoch ms. `null`: the entry is done. */
export function nextInstant(rule: DueRule, cursor: Cursor | null): number | null {
  if (runsLeft(rule, cursor) <= 0) return null;
  const until = settledUntil(rule, cursor);
  // `firstRun: "now"` adds an instant, which is the same on every node: the moment of the entry's creation.
  const next = rule.firstRun === "now" && cursor === null ? until + 1 : rule.schedule.next(until);
  return next === null || (rule.endAt !== null && next > rule.endAt) ? null : next;
}

/** The first instant that may still be sent, due or not, in epoch ms; `null`: none. */
export function nextToSend(rule: DueRule, cursor: Cursor | null): number | null {
  const next = nextInstant(rule, cursor);
  const { skipUntil = -Infinity } = rule;
  if (next === null || next > skipUntil) return next;
  return nextInstant({ ...rule, firstRun: "next", effectiveFrom: Math.max(rule.effectiveFrom, skipUntil) }, cursor);
}

/** The number of occurrences that `maxRuns` still allows. */
export function runsLeft({ maxRuns }: DueRule, cursor: Cursor | null): number {
  return maxRuns === null ? Infinity : maxRuns - (cursor?.runs ?? 0);
}

function settledUntil(rule: DueRule, cursor: Cursor | null): number {
  const start = rule.startAt === null ? -Infinity : rule.startAt - 1;
  return Math.max(cursor?.at ?? -Infinity, rule.effectiveFrom, start);
}
