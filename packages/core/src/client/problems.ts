/**
 * What keeps messages from arriving, for `status`. Pure functions: each check of `CHECKS` looks at the facts and names
 * at most one problem. A new problem is a new check.
 */

import { namesIn, quoteName } from "../base/describe.js";
import type { LeaderInfo } from "../contract/store.js";
import { describeAhead, type EntriesAhead } from "../timetable/clock-ahead.js";
import { dueAtOf, type LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";

/** A reason why messages do not arrive, or will not. */
export interface StatusProblem {
  /**
   * In kebab-case. `foreign-configuration`: the stored schedule belongs to another application. `no-leader`: no node
   * leads. `broken-entry`: stored entries cannot be read. `clock-ahead`: entries wait because a clock was ahead.
   * `overdue`: entries are due for longer than a take-over lasts.
   */
  readonly kind: string;
  /** What is wrong, and the way out. */
  readonly message: string;
  /** Epoch ms by the store's clock; `null`: not known. */
  readonly since: number | null;
  /** The entries concerned, at most 100 of them; omitted if the problem concerns the whole schedule. */
  readonly entries?: readonly string[];
}

/** What the checks look at. */
export interface StatusFacts {
  readonly leader: LeaderInfo | null;
  /**
   * Why the caller's configuration is foreign to the stored schedule, so that its nodes stand by (R43); `null`: it is
   * not.
   */
  readonly foreign: Error | null;
  readonly timetable: Timetable;
  /** Entries that should have been sent long ago, with the instant, epoch ms. */
  readonly overdue: ReadonlyMap<string, number>;
  /** Entries that wait because a clock was ahead (R17). */
  readonly ahead: EntriesAhead;
  /** The store tells the time, so this process and the leader compare with the same clock. */
  readonly hasClock: boolean;
}

type Check = (facts: StatusFacts) => StatusProblem | null;

/** In the order in which they are shown: the cause comes before its consequences. */
const CHECKS: readonly Check[] = [foreignConfiguration, noLeader, brokenEntry, clockAhead, overdue];

/** A problem lists at most this many entries; its message names the first few. */
const LISTED = 100;

/** An entry is overdue after this time, or after the lease's lifetime and the second, whichever is longer, in ms. */
const OVERDUE_MS = 60_000;
const TAKE_OVER_MS = 10_000;
/** The lifetime of a lease if the cluster record does not tell it. */
const LOCK_TTL_MS = 15_000;

/** The problems that the facts show, most important first. */
export function problemsIn(facts: StatusFacts): StatusProblem[] {
  return CHECKS.map((check) => check(facts)).filter((problem) => problem !== null);
}

/**
 * The entries and requested runs that should have been sent long before `now`, each with its instant. Yields after each
 * entry, so that the caller can pause.
 */
export function* overdueEntries(timetable: Timetable, now: number): Generator<void, Map<string, number>> {
  const bound = Math.max(OVERDUE_MS, (timetable.cluster.lockTtlMs ?? LOCK_TTL_MS) + TAKE_OVER_MS);
  const found = new Map<string, number>();
  for (const live of timetable.entries.values()) {
    const dueAt = dueAtOf(live);
    if (dueAt !== null && dueAt < now - bound) found.set(nameOf(live), dueAt);
    yield;
  }
  return found;
}

/** A requested run goes by the name of its entry. */
function nameOf({ name, definition }: LiveEntry): string {
  return definition.kind === "run" ? definition.of : name;
}

function foreignConfiguration({ foreign }: StatusFacts): StatusProblem | null {
  return foreign && { kind: "foreign-configuration", message: foreign.message, since: null };
}

function noLeader({ leader }: StatusFacts): StatusProblem | null {
  if (leader) return null;
  const message = "no node leads, so nothing is sent: start a node (beatx start, or createBeat in your application)";
  return { kind: "no-leader", message, since: null };
}

function brokenEntry({ timetable }: StatusFacts): StatusProblem | null {
  const [first] = timetable.broken;
  if (!first) return null;
  const names = [...timetable.broken.keys()];
  const which =
    names.length === 1
      ? `the stored entry ${quoteName(first[0])} is broken and is not sent`
      : `${names.length} stored entries are broken and are not sent (${namesIn(names)})`;
  return about("broken-entry", `${which}: ${first[1].error.message}`, null, names);
}

function clockAhead({ ahead }: StatusFacts): StatusProblem | null {
  const [message] = describeAhead(ahead);
  return message === undefined ? null : about("clock-ahead", message, null, ahead.names);
}

function overdue({ leader, overdue: late, hasClock }: StatusFacts): StatusProblem | null {
  if (!leader || late.size === 0) return null;
  const names = [...late.keys()];
  const since = [...late.values()].reduce((earliest, at) => Math.min(earliest, at));
  const which =
    names.length === 1
      ? `${quoteName(names[0]!)} is overdue`
      : `${names.length} entries are overdue (${namesIn(names)}), the first of them`;
  const clocks = hasClock ? "" : ", and compare the clocks of the machines: this store has none";
  const wayOut = `look into the log of the leader, ${leader.label}${clocks}`;
  return about("overdue", `${which} since ${new Date(since).toISOString()} and not sent: ${wayOut}`, since, names);
}

function about(kind: string, message: string, since: number | null, names: readonly string[]): StatusProblem {
  return { kind, message, since, entries: names.slice(0, LISTED) };
}
