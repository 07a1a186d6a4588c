/**
 * Decides which occurrences of one entry are due, and whether each is sent or skipped: pure functions of entry, cursor
 * and time. Nothing here waits, sends or saves (R12, R15, R16).
 */

import type { Schedule } from "../contract/schedule.js";
import type { Cursor } from "../entry/cursor.js";
import type { Entry, MissedPolicy } from "../entry/entry.js";
import { previousInstant } from "../schedule/previous.js";

/** The fields that decide when an entry is due. */
export interface DueRule extends Pick<
  Entry,
  "missed" | "deadlineMs" | "maxCatchUp" | "startAt" | "endAt" | "maxRuns" | "firstRun"
> {
  readonly schedule: Schedule;
  /** Epoch ms. No occurrence is due for an instant at or before it (R15). */
  readonly effectiveFrom: number;
  /** An occurrence is due this many ms after its instant (its jitter). */
  readonly offsetMs: number;
}

/** The next step of an entry: sends its oldest due occurrences, and moves the cursor past them and all skipped ones. */
export interface Decision {
  /** The instants to send, epoch ms, oldest first. Empty: the policy skips everything that is due. */
  readonly send: readonly number[];
  /** The cursor's new position, epoch ms. */
  readonly to: number;
  /** Number of instants up to `to` that are skipped. */
  readonly skipped: number;
  /** `true`: there were too many to count, and `skipped` is a lower bound. */
  readonly atLeast: boolean;
}

/** Missed instants are listed up to this many; beyond that they are only counted as "at least". */
const LIST_LIMIT = 10_000;
/** `missed: "skip"` sends an occurrence that is at most this late. */
const ON_TIME_WITHIN_MS = 10_000;
/** With a shorter deadline nothing would ever be sent, because a leader's timers and its store take time. */
const LEAST_DEADLINE_MS = 1_000;

/** The first instant that is not settled, due or not, in epoch ms. `null`: the entry is done. */
export function nextInstant(rule: DueRule, cursor: Cursor | null): number | null {
  if (runsLeft(rule, cursor) <= 0) return null;
  const until = settledUntil(rule, cursor);
  // `firstRun: "now"` adds an instant, which is the same on every node: the moment of the entry's creation.
  const next = rule.firstRun === "now" && cursor === null ? until + 1 : rule.schedule.next(until);
  return next === null || (rule.endAt !== null && next > rule.endAt) ? null : next;
}

/** The next step at `now` (epoch ms), which sends at most `most` occurrences; `null`: nothing is due. */
export function decide(rule: DueRule, cursor: Cursor | null, now: number, most = 1): Decision | null {
  const first = nextInstant(rule, cursor);
  const horizon = Math.min(now - rule.offsetMs, rule.endAt ?? Infinity);
  if (first === null || first > horizon) return null;

  const keep = rule.missed === "all" ? rule.maxCatchUp : 1;
  const due = listDue(rule.schedule, first, horizon, keep);
  const newest = due.newest.at(-1)!;
  const oldestSent = now - rule.offsetMs - latestAllowed(rule, newest);
  const wanted = due.newest.filter((instant) => instant >= oldestSent);
  const send = wanted.slice(0, Math.min(most, runsLeft(rule, cursor)));
  return { send, to: send.at(-1) ?? newest, skipped: due.count - wanted.length, atLeast: due.atLeast };
}

function runsLeft({ maxRuns }: DueRule, cursor: Cursor | null): number {
  return maxRuns === null ? Infinity : maxRuns - (cursor?.runs ?? 0);
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

/** The instants from `first` to a horizon: their number, and the newest `keep` of them, oldest first. */
interface Listing {
  readonly first: number;
  readonly keep: number;
  readonly count: number;
  readonly newest: readonly number[];
  readonly atLeast: boolean;
  /** The first instant after the horizon. Until then, a later horizon gives the same listing. */
  readonly beyond: number | null;
}

/** After an outage thousands of entries with one rule have missed the same instants. They are listed once for all. */
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
