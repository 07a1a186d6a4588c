/** Which instant of an entry comes next, and from when its instants count: pure functions of rule and cursor (R12, R15). */

import { stableOffset } from "../base/ids.js";
import type { Schedule } from "../contract/schedule.js";
import type { Cursor } from "../entry/cursor.js";
import type { Entry } from "../entry/entry.js";

/** The fields that decide when an entry is due. */
export interface DueRule extends Pick<
  Entry,
  "missed" | "deadlineMs" | "maxCatchUp" | "startAt" | "endAt" | "maxRuns" | "firstRun" | "spreadMs"
> {
  readonly schedule: Schedule;
  /** Epoch ms. No occurrence is due for an instant at or before it (R15). */
  readonly effectiveFrom: number;
  /** Epoch ms. Due instants up to it are skipped and counted, whatever the policy says. Default: none. */
  readonly skipUntil?: number | undefined;
  /** An occurrence is due this many ms after its instant (its jitter). */
  readonly offsetMs: number;
  /** The name of the entry, from which the delay of each occurrence is derived. */
  readonly spreadBy: string;
  /** Epoch ms. Nothing is due before; then the rule counts as one that is resumed at this moment. Default: no pause ends. */
  readonly pausedUntil?: number | undefined;
}

/**
 * A last instant that is at most this late when its entry is written still runs: requests take time, and clocks differ.
 * Then the entry would otherwise be done before it began.
 */
export const JUST_PAST_MS = 60_000;

/** When an entry starts to count. */
export interface Start {
  /** Epoch ms: no occurrence is due for an instant at or before it. */
  readonly effectiveFrom: number;
  /** It has no instant left: it is done before it has begun. */
  readonly isOver: boolean;
}

/** The first instant that is not settled, due or not, in epoch ms. `null`: the entry is done. */
export function nextInstant(rule: DueRule, cursor: Cursor | null): number | null {
  return nextFrom(rule, cursor, countingOf(rule, cursor));
}

/** When the occurrence of an instant is due, epoch ms: after its delay, and not before the end of a pause. */
export function dueAt(rule: DueRule, instant: number): number {
  return Math.max(instant + delayOf(rule, instant), rule.pausedUntil ?? -Infinity);
}

/** How long after its instant an occurrence is due, in ms: the entry's jitter and the occurrence's own part of `spreadMs`. */
export function delayOf(rule: DueRule, instant: number): number {
  return rule.offsetMs + spreadOf(rule, instant);
}

/**
 * The occurrence's own part of `spreadMs`, in ms, the same on every node. It ends before the rule's next instant, so occurrences
 * stay in their order, and none is missed because the one before it waits (R53).
 */
export function spreadOf({ schedule, spreadMs, spreadBy }: DueRule, instant: number): number {
  if (spreadMs === 0) return 0;
  const untilNext = (schedule.next(instant) ?? Infinity) - instant;
  return stableOffset(`${spreadBy}\0${instant}`, Math.min(spreadMs, untilNext));
}

/** The start of a rule that is new at `now` (cluster time, epoch ms). `cursor`: what is settled under the entry's name. */
export function startFrom(rule: DueRule, cursor: Cursor | null, now: number): Start {
  if (nextFrom(rule, cursor, { effectiveFrom: now }) !== null) return { effectiveFrom: now, isOver: false };
  const last = lastJustPast(rule, cursor, now);
  return last === null ? { effectiveFrom: now, isOver: true } : { effectiveFrom: last - 1, isOver: false };
}

/** The only instant that is left, if it has just passed. */
function lastJustPast(rule: DueRule, cursor: Cursor | null, now: number): number | null {
  const since = now - JUST_PAST_MS - rule.offsetMs - 1;
  const first = nextFrom(rule, cursor, { effectiveFrom: since - rule.spreadMs, firstRun: "next" });
  if (first === null || nextFrom(rule, cursor, { effectiveFrom: first, firstRun: "next" }) !== null) return null;
  return first + spreadOf(rule, first) > since ? first : null;
}

/** From when the instants of a rule count. */
type Counting = Pick<DueRule, "effectiveFrom" | "skipUntil">;

/**
 * A pause that ends by itself changes what counts as `resume` at its end would, but without a write: so nobody has to be there
 * at that moment, and every node finds the same. If the rule was changed, or restored, after it, that counts.
 */
export function countingOf(rule: DueRule, cursor: Cursor | null): Counting {
  const { effectiveFrom, skipUntil, pausedUntil } = rule;
  if (pausedUntil === undefined || effectiveFrom >= pausedUntil) return rule;
  const start = startFrom(rule, cursor, pausedUntil);
  if (start.isOver) return { effectiveFrom, skipUntil: pausedUntil };
  return { effectiveFrom: start.effectiveFrom, skipUntil };
}

function nextFrom(
  rule: DueRule,
  cursor: Cursor | null,
  { effectiveFrom, firstRun = rule.firstRun }: Pick<DueRule, "effectiveFrom"> & Partial<Pick<DueRule, "firstRun">>,
): number | null {
  if (runsLeft(rule, cursor) <= 0) return null;
  const until = settledUntil(rule, cursor, effectiveFrom);
  // `firstRun: "now"` adds an instant, which is the same on every node: the moment of the entry's creation.
  const next = firstRun === "now" && cursor === null ? until + 1 : rule.schedule.next(until);
  return next === null || (rule.endAt !== null && next > rule.endAt) ? null : next;
}

/** The first instant that may still be sent, due or not, in epoch ms; `null`: none. */
export function nextToSend(rule: DueRule, cursor: Cursor | null): number | null {
  const { effectiveFrom, skipUntil = -Infinity } = countingOf(rule, cursor);
  const next = nextFrom(rule, cursor, { effectiveFrom });
  if (next === null || next > skipUntil) return next;
  return nextFrom(rule, cursor, { effectiveFrom: Math.max(effectiveFrom, skipUntil), firstRun: "next" });
}

/** The number of occurrences that `maxRuns` still allows. */
export function runsLeft({ maxRuns }: DueRule, cursor: Cursor | null): number {
  return maxRuns === null ? Infinity : maxRuns - (cursor?.runs ?? 0);
}

function settledUntil(rule: DueRule, cursor: Cursor | null, effectiveFrom: number): number {
  const start = rule.startAt === null ? -Infinity : rule.startAt - 1;
  return Math.max(cursor?.at ?? -Infinity, effectiveFrom, start);
}
