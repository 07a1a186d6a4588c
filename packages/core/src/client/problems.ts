/**
 * What keeps messages from arriving, for `status`. Pure functions: each check of `CHECKS` looks at the facts and names
 * at most one problem. A new problem is a new check.
 */

import { namesIn, quoteName } from "../base/describe.js";
import type { LeaderInfo } from "../contract/store.js";
import type { ClusterRecord } from "../entry/cluster-record.js";
import { explainHold, type StoredHold } from "../entry/hold-record.js";
import type { LeaderReport } from "../entry/leader-report.js";
import { describeAhead, type EntriesAhead } from "../timetable/clock-ahead.js";
import type { Timetable } from "../timetable/timetable.js";

/** A reason why messages do not arrive, or will not. */
export interface StatusProblem {
  /**
   * In kebab-case. `held`: an export or import keeps all nodes from leading. `foreign-configuration`: the stored schedule belongs to another application. `no-leader`: no node leads.
   * `store`: the store does not do all its work, so that nothing is sent or the leader changes again and again.
   * `publisher`: the leader's publisher takes no messages. `dead-letter`: the
   * dead letter takes no messages. `rate-cap`: `maxPerSecond` is less than the schedule needs.
   * `entry-failing`: entries could not be sent while others were.
   * `broken-entry`: stored entries cannot be read. `clock-ahead`: entries wait because a clock was ahead. `overdue`: entries
   * are due for longer than a take-over lasts.
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
  readonly cluster: ClusterRecord;
  readonly hold: StoredHold;
  readonly broken: readonly { readonly name: string; readonly message: string }[];
  /** Of the present leader (R44); `null`: there is none, or it has not reported. */
  readonly report: LeaderReport | null;
  /** The store says that it takes no writes now; `null`: it does not. */
  readonly storeRefusal: Error | null;
  /** Entries that are due, each since when, epoch ms. */
  readonly due: ReadonlyMap<string, number>;
  /** Cluster time, epoch ms. */
  readonly now: number;
  /** Entries that wait because a clock was ahead (R17). */
  readonly ahead: EntriesAhead;
  /** The store tells the time, so this process and the leader compare with the same clock. */
  readonly hasClock: boolean;
}

type Check = (facts: StatusFacts) => StatusProblem | null;

/** In the order in which they are shown: the cause comes before its consequences. */
const CHECKS: readonly Check[] = [
  held,
  foreignConfiguration,
  noLeader,
  store,
  publisher,
  deadLetter,
  rateCap,
  entryFailing,
  brokenEntry,
  clockAhead,
  overdue,
];
/** Those that keep a requested run from being sent. A leader that has not sent others for long will not send it now. */
const CHECKS_OF_A_RUN: readonly Check[] = [held, noLeader, store, publisher, rateCap, entryFailing, overdue];

/** A problem lists at most this many entries; its message names the first few. */
const LISTED = 100;
/** The reasons of this many failing entries are part of the message. */
const EXPLAINED = 3;

/** An entry is overdue after this time, or after the lease's lifetime and the second, whichever is longer, in ms. */
const OVERDUE_MS = 60_000;
const TAKE_OVER_MS = 10_000;
/** The lifetime of a lease if the cluster record does not tell it. */
const LOCK_TTL_MS = 15_000;

/** The problems that the facts show, most important first. */
export function problemsIn(facts: StatusFacts): StatusProblem[] {
  return CHECKS.map((check) => check(facts)).filter((problem) => problem !== null);
}

/** The problems that keep a requested run of the entry from being sent now. */
export function problemsOfRun(facts: StatusFacts, entry: string): StatusProblem[] {
  const problems = CHECKS_OF_A_RUN.map((check) => check(facts)).filter((problem) => problem !== null);
  return problems.filter(({ kind, entries }) => kind !== "entry-failing" || entries?.includes(entry));
}

/** The report of the present leader: one of an earlier term says nothing. */
export function currentReport(timetable: Timetable, leader: LeaderInfo | null): LeaderReport | null {
  const { report } = timetable.leaderReport;
  return report && report.fence === leader?.fence ? report : null;
}

function held({ hold }: StatusFacts): StatusProblem | null {
  return hold.revision === null ? null : { kind: "held", message: explainHold(hold), since: hold.hold?.at ?? null };
}

function foreignConfiguration({ foreign }: StatusFacts): StatusProblem | null {
  return foreign && { kind: "foreign-configuration", message: foreign.message, since: null };
}

/** A standby leaves no trace in the store, so `status` cannot know whether one runs and waits. */
function noLeader({ leader, cluster, hold }: StatusFacts): StatusProblem | null {
  if (leader || hold.revision !== null) return null;
  const start = "if none runs, start one (beatx start, or createBeat in your application)";
  const ttlMs = cluster.lockTtlMs;
  const lifetime = ttlMs === null ? `${LOCK_TTL_MS / 1000} s by default` : `${ttlMs / 1000} s`;
  const wait = `a node that runs may have to wait for about the lifetime of a lease (${lifetime}), until no other can hold one`;
  const message = `no node leads, so nothing is sent: ${start}; ${wait}: its log says why it does not lead`;
  return { kind: "no-leader", message, since: null };
}

/** The store's own words say more than a command that failed. */
function store({ storeRefusal, report, leader, due }: StatusFacts): StatusProblem | null {
  const failure = report?.store;
  const message = storeRefusal?.message ?? failure?.message;
  if (message === undefined) return null;
  const names = [...due.keys()];
  const tries = leader ? `. ${leader.label} tries again by itself` : "";
  const text = `the store does not do all its work: ${withoutStop(message)}${waiting(names)}${tries}`;
  return about("store", text, failure?.since ?? null, names);
}

function waiting(names: readonly string[]): string {
  return names.length === 0 ? "" : `. Waiting: ${count(names.length)} (${namesIn(names)})`;
}

function publisher({ report, leader, due }: StatusFacts): StatusProblem | null {
  if (report?.publisher.state !== "failing") return null;
  const { name, message, since } = report.publisher;
  const names = [...due.keys()];
  const why = withoutStop(message ?? "no reason is known");
  return about(
    "publisher",
    `${name} takes no messages: ${why}${waiting(names)}. ${leader!.label} tries again by itself`,
    since,
    names,
  );
}

/** As long as the publisher works, nothing has to go there. */
function deadLetter({ report }: StatusFacts): StatusProblem | null {
  if (report?.deadLetter?.state !== "failing") return null;
  const { name, message, since } = report.deadLetter;
  const why = withoutStop(message ?? "no reason is known");
  const text = `the dead letter (${name}) takes no messages: ${why}. What is to be given up waits, and is tried again`;
  return { kind: "dead-letter", message: text, since };
}

/** A cap that holds entries back for a while is no problem: it does what it is for. */
function rateCap({ report, due }: StatusFacts): StatusProblem | null {
  const { maxPerSecond, needed = null, since } = report?.rateCap ?? {};
  if (maxPerSecond === undefined || needed === null || needed <= maxPerSecond) return null;
  const why = `maxPerSecond is ${maxPerSecond}, and the entries are due about ${needed} times a second`;
  const text = `${why}: they run late, and runs are missed. Raise maxPerSecond on all nodes, or let entries run less often`;
  return about("rate-cap", text, since ?? null, [...due.keys()]);
}

function entryFailing({ report }: StatusFacts): StatusProblem | null {
  const [first, ...others] = report?.failing ?? [];
  if (!report || !first) return null;
  const reasons = [first, ...others]
    .slice(0, EXPLAINED)
    .map(({ entry, message }) => `${quoteName(entry)}: ${withoutStop(message)}`);
  const more = report.failingCount > EXPLAINED ? `, and ${report.failingCount - EXPLAINED} more` : "";
  const since = others.reduce((earliest, each) => Math.min(earliest, each.since), first.since);
  const message = `${count(report.failingCount)} cannot be sent, while others are: ${reasons.join("; ")}${more}`;
  return about(
    "entry-failing",
    message,
    since,
    report.failing.map(({ entry }) => entry),
  );
}

function brokenEntry({ broken }: StatusFacts): StatusProblem | null {
  const [first] = broken;
  if (!first) return null;
  const names = broken.map(({ name }) => name);
  const which =
    names.length === 1
      ? `the stored entry ${quoteName(first.name)} is broken and is not sent`
      : `${names.length} stored entries are broken and are not sent (${namesIn(names)})`;
  return about("broken-entry", `${which}: ${first.message}`, null, names);
}

function clockAhead({ ahead }: StatusFacts): StatusProblem | null {
  const [message] = describeAhead(ahead);
  return message === undefined ? null : about("clock-ahead", message, null, ahead.names);
}

/** Not those of which the leader says why. */
function overdue({ leader, storeRefusal, report, cluster, due, now, hasClock }: StatusFacts): StatusProblem | null {
  if (!leader || report?.publisher.state === "failing") return null;
  if (storeRefusal || report?.store || report?.rateCap) return null;
  const bound = Math.max(OVERDUE_MS, (cluster.lockTtlMs ?? LOCK_TTL_MS) + TAKE_OVER_MS);
  const explained = new Set(report?.failing.map(({ entry }) => entry));
  const late = [...due].filter(([name, at]) => at < now - bound && !explained.has(name));
  if (late.length === 0) return null;
  const names = late.map(([name]) => name);
  const since = late.reduce((earliest, [, at]) => Math.min(earliest, at), Infinity);
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

function count(entries: number): string {
  return entries === 1 ? "1 entry" : `${entries} entries`;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.+$/, "");
}
