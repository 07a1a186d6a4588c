/**
 * Decides which occurrences of one entry are due, and whether each is sent or skipped: pure functions of entry, cursor
 * and time. Nothing here waits, sends or saves (R15, R16).
 */

import { LAST_INSTANT } from "../base/number-range.js";
import type { Cursor } from "../entry/cursor.js";
import type { MissedPolicy } from "../entry/entry.js";
import type { SkipReason } from "../entry/run-record.js";
import { countingOf, type DueRule, nextInstant, runsLeft, spreadOf } from "./next-instant.js";
import { COUNT_LIMIT, RecentInstants } from "./recent-instants.js";

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
  /** Why the newest of them is skipped. Omitted: none is. */
  readonly reason?: SkipReason;
}

/** `missed: "skip"` sends an occurrence that is at most this late. */
const ON_TIME_WITHIN_MS = 10_000;
/** With a shorter deadline nothing would ever be sent, because a leader's timers and its store take time. */
const LEAST_DEADLINE_MS = 1_000;

/** The bounds of `decideInSteps`. */
export interface DecideOptions {
  /** Maximum number of occurrences that the decision sends. Default 1. */
  readonly most?: number;
  /** Asked after each small step of a long count; `true` ends it. Default: it goes on to the end. */
  readonly isOver?: (() => boolean) | undefined;
}

/** The next step at `now` (epoch ms), which sends at most `most` occurrences; `null`: nothing is due. */
export function decide(rule: DueRule, cursor: Cursor | null, now: number, most = 1): Decision | null {
  return decideInSteps(rule, cursor, now, { most }) as Decision | null;
}

/** As `decide`; `unfinished`: `isOver` ended the count of what is due. The next call goes on from there. */
export function decideInSteps(
  rule: DueRule,
  cursor: Cursor | null,
  now: number,
  { most = 1, isOver = () => false }: DecideOptions,
): Decision | null | "unfinished" {
  if (now < (rule.pausedUntil ?? -Infinity)) return null;
  const first = nextInstant(rule, cursor);
  const { skipUntil = -Infinity } = countingOf(rule, cursor);
  // What is skipped does not wait for its jitter: all of it goes in one move.
  const skipTo = Math.min(skipUntil, now);
  const passed = Math.max(now - rule.offsetMs, skipTo);
  const horizon = Math.floor(Math.min(passed, rule.endAt ?? Infinity, LAST_INSTANT));
  if (first === null || first > horizon) return null;
  const due = dueAfterSpread(rule, first, { horizon, skipTo, passed }, isOver);
  if (due === null || due === undefined) return due === null ? null : "unfinished";
  const oldestSent = Math.max(oldestDueSince(rule, due, now - rule.offsetMs - latestAllowed(rule, due)), skipUntil + 1);
  const keep = rule.missed === "all" ? Math.min(rule.maxCatchUp, COUNT_LIMIT) : 1;
  const skipped = Math.max(due.count - keep, due.countBefore(oldestSent));
  const send = due.from(skipped, Math.min(most, runsLeft(rule, cursor), due.count - skipped));
  const decision = { send, to: send.at(-1) ?? due.newest(), skipped, atLeast: due.atLeast };
  if (skipped === 0) return decision;
  if (skipped > due.countBefore(oldestSent)) return { ...decision, reason: whyBeyondPolicy(rule) };
  return { ...decision, reason: oldestSent === skipUntil + 1 ? "paused" : whyTooOld(rule) };
}

function whyBeyondPolicy({ missed }: DueRule): SkipReason {
  return missed === "all" ? "max-catch-up" : "latest";
}

function whyTooOld({ missed }: DueRule): SkipReason {
  return missed === "skip" ? "skip" : "deadline";
}

function latestAllowed(rule: DueRule, due: DueInstants): number {
  const deadline = Math.max(rule.deadlineMs ?? Infinity, LEAST_DEADLINE_MS);
  if (rule.missed !== ("skip" satisfies MissedPolicy)) return deadline;
  const newest = due.newest();
  const period = (rule.schedule.next(newest) ?? Infinity) - newest;
  return Math.min(deadline, ON_TIME_WITHIN_MS, period);
}

/** The oldest instant whose occurrence is due at `moment` or later, jitter aside; `moment` if that does not tell. */
function oldestDueSince(rule: DueRule, due: DueInstants, moment: number): number {
  const before = rule.spreadMs === 0 ? 0 : due.countBefore(moment);
  if (before === 0) return moment;
  // Those before it are due before it, so they are too old.
  const [newest] = due.from(before - 1, 1) as [number];
  return newest + spreadOf(rule, newest) >= moment ? newest : moment;
}

/** The bounds of what is due, epoch ms. */
interface DueUntil {
  /** No instant after it has come. */
  readonly horizon: number;
  /** Instants up to it wait for no delay. */
  readonly skipTo: number;
  /** `now`, without the entry's jitter. */
  readonly passed: number;
}

/**
 * The instants up to the horizon without the newest if that still waits for its part of `spreadMs`: the part of any earlier one
 * is over (R53). `null`: none is due. `undefined`: `isOver` ended the count.
 */
function dueAfterSpread(
  rule: DueRule,
  first: number,
  { horizon, skipTo, passed }: DueUntil,
  isOver: () => boolean,
): DueInstants | null | undefined {
  const due = dueFrom(rule, first, horizon, isOver);
  if (rule.spreadMs === 0 || due === undefined) return due;
  const newest = due.newest();
  if (newest <= skipTo || newest + spreadOf(rule, newest) <= passed) return due;
  return newest === first ? null : dueFrom(rule, first, newest - 1, isOver);
}

/** The due instants of an entry, or the newest of them. */
interface DueInstants {
  readonly count: number;
  /** There are more, and older ones. */
  readonly atLeast: boolean;
  newest(): number;
  /** The number of those before `moment`. */
  countBefore(moment: number): number;
  /** Up to `count` of them after the oldest `skipped`. */
  from(skipped: number, count: number): readonly number[];
}

/** `undefined`: `isOver` ended the count. */
function dueFrom(rule: DueRule, first: number, horizon: number, isOver: () => boolean): DueInstants | undefined {
  const second = rule.schedule.next(first);
  if (second === null || second > horizon) return new OnlyDue(first);
  const recent = recentInstants(rule, horizon, second - first);
  if (!recent.reach(first, horizon, isOver))
    return recent.isOutdated ? dueFrom(rule, first, horizon, isOver) : undefined;
  const settled = recent.rankOf(first);
  // `first` comes by itself: with `firstRun: "now"` it is no instant of the rule.
  const atLeast = recent.after > first;
  const own = atLeast ? 0 : 1;
  const count = own + recent.rankOf(horizon) - settled;
  return {
    count,
    atLeast,
    newest: () => (count > own ? recent.from(settled + count - own, 1)[0]! : first),
    countBefore: (moment) => (moment <= first ? 0 : own + recent.rankOf(Math.min(moment - 1, horizon)) - settled),
    from: (skipped, most) => {
      if (skipped >= own) return recent.from(settled + 1 + skipped - own, most);
      return most === 0 ? [] : [first, ...recent.from(settled + 1, most - 1)];
    },
  };
}

/** One due instant: by far the most frequent case. */
class OnlyDue implements DueInstants {
  readonly count = 1;
  readonly atLeast = false;
  readonly #instant: number;

  constructor(instant: number) {
    this.#instant = instant;
  }

  newest(): number {
    return this.#instant;
  }

  countBefore(moment: number): number {
    return this.#instant < moment ? 1 : 0;
  }

  from(skipped: number, count: number): readonly number[] {
    return skipped === 0 && count > 0 ? [this.#instant] : [];
  }
}

/** Shared by all entries of a rule that catch up to the same time. */
const recentOfRule = new WeakMap<object, RecentInstants>();

/** An entry whose horizon lies far in the past, such as one with an `endAt`, has instants of its own. */
function recentInstants(rule: DueRule, horizon: number, gapMs: number): RecentInstants {
  const { schedule } = rule;
  const shared = recentOfRule.get(schedule);
  const key = shared === undefined || horizon >= shared.after ? schedule : rule;
  const known = recentOfRule.get(key);
  if (known && !known.isOutdated && horizon >= known.after) return known;
  const recent = new RecentInstants(schedule, horizon, gapMs);
  recentOfRule.set(key, recent);
  return recent;
}
