/**
 * Which occurrences of one entry are due, and what becomes of them: pure functions over (entry, cursor, now). Nothing here
 * waits, sends or saves (R12, R15, R16).
 */

import type { Cursor } from "./cursor.js";
import type { Entry, MissedPolicy } from "./entry.js";
import { previousInstant } from "./schedule/previous.js";
import type { Schedule } from "./schedule/schedule.js";

/** What decides when an entry is due. */
export interface DueRule extends Pick<
  Entry,
  "missed" | "deadlineMs" | "maxCatchUp" | "startAt" | "endAt" | "maxRuns" | "firstRun"
> {
  readonly schedule: Schedule;
  /** Nothing is owed for instants up to this one (R15). */
  readonly effectiveFrom: number;
  /** An occurrence is due this much after its instant. */
  readonly offsetMs: number;
}

/** The next step of an entry: at most one occurrence is sent, and the cursor moves past it and all that was skipped. */
export interface Settlement {
  /** The instant to send, or `null` when everything due is skipped by policy. */
  readonly send: number | null;
  /** Where the cursor goes. */
  readonly to: number;
  /** Instants before `to` that are not sent. */
  readonly skipped: number;
  /** There were too many to count; `skipped` is a lower bound. */
  readonly atLeast: boolean;
}

/** Beyond so many missed instants they are not listed any more. */
const LIST_LIMIT = 10_000;
/** `missed: "skip"` sends what is at most this late. */
const ON_TIME_WITHIN_MS = 10_000;

/** The first instant that is not settled, due or not; `null`: the entry is over. */
export function nextInstant(rule: DueRule, cursor: Cursor | null): number | null {
  if (rule.maxRuns !== null && (cursor?.runs ?? 0) >= rule.maxRuns) return null;
  const until = settledUntil(rule, cursor);
  // The first run of a new entry is an instant of its own, the same for every node: the moment of its creation.
  const next = rule.firstRun === "now" && cursor === null ? until + 1 : rule.schedule.next(until);
  return next === null || (rule.endAt !== null && next > rule.endAt) ? null : next;
}

/** `null`: nothing is due at `now`. */
export function settle(rule: DueRule, cursor: Cursor | null, now: number): Settlement | null {
  const first = nextInstant(rule, cursor);
  const horizon = Math.min(now - rule.offsetMs, rule.endAt ?? Infinity);
  if (first === null || first > horizon) return null;

  const keep = rule.missed === "all" ? rule.maxCatchUp : 1;
  const due = listDue(rule.schedule, first, horizon, keep);
  const newest = due.newest.at(-1)!;
  const oldestSent = now - rule.offsetMs - latestAllowed(rule, newest);
  const send = due.newest.find((instant) => instant >= oldestSent) ?? null;
  if (send === null) return { send, to: newest, skipped: due.count, atLeast: due.atLeast };
  const after = due.newest.length - due.newest.indexOf(send);
  return { send, to: send, skipped: due.count - after, atLeast: due.atLeast };
}

function settledUntil(rule: DueRule, cursor: Cursor | null): number {
  const start = rule.startAt === null ? -Infinity : rule.startAt - 1;
  return Math.max(cursor?.at ?? -Infinity, rule.effectiveFrom, start);
}

function latestAllowed(rule: DueRule, newest: number): number {
  const deadline = rule.deadlineMs ?? Infinity;
  if (rule.missed !== ("skip" satisfies MissedPolicy)) return deadline;
  const period = (rule.schedule.next(newest) ?? Infinity) - newest;
  return Math.min(deadline, ON_TIME_WITHIN_MS, period);
}

/** Counts the instants from `first` to `horizon` and lists the newest `keep` of them, oldest first. */
function listDue(
  schedule: Schedule,
  first: number,
  horizon: number,
  keep: number,
): { count: number; newest: number[]; atLeast: boolean } {
  const all = [first];
  for (let next = schedule.next(first); next !== null && next <= horizon; next = schedule.next(next)) {
    if (all.length === LIST_LIMIT)
      return { count: LIST_LIMIT, newest: newestBackwards(schedule, first, horizon, keep), atLeast: true };
    all.push(next);
  }
  return { count: all.length, newest: all.slice(-keep), atLeast: false };
}

function newestBackwards(schedule: Schedule, first: number, horizon: number, keep: number): number[] {
  const newest: number[] = [];
  let notAfter = horizon;
  while (newest.length < keep) {
    const instant = previousInstant(schedule, notAfter, first - 1);
    if (instant === null) break;
    newest.unshift(instant);
    notAfter = instant - 1;
  }
  return newest;
}
