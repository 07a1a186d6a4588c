/**
 * Which occurrences of one entry are due, and what becomes of them: pure functions over (entry, cursor, now). Nothing here
 * waits, sends or saves (R12, R15, R16).
 */

import type { Schedule } from "../contract/schedule.js";
import type { Cursor } from "../entry/cursor.js";
import type { Entry, MissedPolicy } from "../entry/entry.js";
import { previousInstant } from "../schedule/previous.js";

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
export interface Decision {
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
/** No leader is earlier than its timers and its store: with a shorter deadline nothing would ever be sent. */
const LEAST_DEADLINE_MS = 1_000;

/** The first instant that is not settled, due or not; `null`: the entry is over. */
export function nextInstant(rule: DueRule, cursor: Cursor | null): number | null {
  if (rule.maxRuns !== null && (cursor?.runs ?? 0) >= rule.maxRuns) return null;
  const until = settledUntil(rule, cursor);
  // The first run of a new entry is an instant of its own, the same for every node: the moment of its creation.
  const next = rule.firstRun === "now" && cursor === null ? until + 1 : rule.schedule.next(until);
  return next === null || (rule.endAt !== null && next > rule.endAt) ? null : next;
}

/** `null`: nothing is due at `now`. */
export function decide(rule: DueRule, cursor: Cursor | null, now: number): Decision | null {
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
  const deadline = Math.max(rule.deadlineMs ?? Infinity, LEAST_DEADLINE_MS);
  if (rule.missed !== ("skip" satisfies MissedPolicy)) return deadline;
  const period = (rule.schedule.next(newest) ?? Infinity) - newest;
  return Math.min(deadline, ON_TIME_WITHIN_MS, period);
}

/** The instants from `first` to a horizon: how many, and the newest `keep` of them, oldest first. */
interface Listing {
  readonly first: number;
  readonly keep: number;
  readonly count: number;
  readonly newest: readonly number[];
  readonly atLeast: boolean;
  /** The first instant beyond; the same is listed for each horizon before it. */
  readonly beyond: number | null;
}

/** After an outage thousands of entries of one rule owe the same instants: listed once, not by each. */
const latestListing = new WeakMap<Schedule, Listing>();

function listDue(schedule: Schedule, first: number, horizon: number, keep: number): Listing {
  const known = latestListing.get(schedule);
  if (known?.first === first && known.keep === keep && isListedUpTo(known, horizon)) return known;
  const listing = listFrom(schedule, first, horizon, keep);
  latestListing.set(schedule, listing);
  return listing;
}

function isListedUpTo({ newest, beyond }: Listing, horizon: number): boolean {
  return newest.at(-1)! <= horizon && (beyond === null || horizon < beyond);
}

function listFrom(schedule: Schedule, first: number, horizon: number, keep: number): Listing {
  const all = [first];
  let next = schedule.next(first);
  while (next !== null && next <= horizon && all.length < LIST_LIMIT) {
    all.push(next);
    next = schedule.next(next);
  }
  const atLeast = next !== null && next <= horizon;
  const newest = atLeast ? newestBackwards(schedule, first, horizon, keep) : all.slice(-keep);
  const beyond = atLeast ? schedule.next(newest.at(-1)!) : next;
  return { first, keep, count: all.length, newest, atLeast, beyond };
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
