/** The history of one entry: records, as views of its runs (R48). */

import { describe, quoteName } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import { occurrenceId, occurrenceSuffix } from "../base/ids.js";
import { readFields } from "../base/known-fields.js";
import { isWholeBetween } from "../base/number-range.js";
import type { LeaderInfo } from "../contract/store.js";
import { LEADER_REPORT } from "../entry/leader-report.js";
import { LEADERS_RECORD } from "../entry/leaders-record.js";
import type { Pause } from "../entry/pause.js";
import { decodeRecord, type ManualRun, type RunRecord, type SkipReason } from "../entry/run-record.js";
import { delayOf, dueAt, nextToSend } from "../timetable/next-instant.js";
import { isActive, type LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Connection, timeOf } from "./connection.js";
import { checkName } from "./edit.js";
import { currentReport } from "./problems.js";
import { readNames } from "./read-entries.js";

/** One occurrence, or several that one step settled. */
export interface HistoryRun {
  /** Epoch ms of its instant; of several, the newest. Of a requested run: the moment that its message names. */
  readonly scheduledAt: number;
  /** Epoch ms by cluster time; `null`: nothing was sent. */
  readonly sentAt: number | null;
  /** Ms from when it was due, jitter and spread included, until it was sent; `null`: nothing was sent. */
  readonly latenessMs: number | null;
  /** Of the message of `scheduledAt`, whether it was sent or not. */
  readonly id: string;
  /**
   * `caught up`: sent later than `missed: "skip"` would, or with others that were missed. `skipped`: by policy, without a
   * failure. `uncertain`: it may or may not have been sent. `failed`: every attempt failed; it was given up, or is tried again.
   */
  readonly outcome: "sent" | "caught up" | "skipped" | "uncertain" | "failed";
  /** Number of occurrences that were sent. */
  readonly count: number;
  /** Number of occurrences that were skipped in the same step. */
  readonly skipped: number;
  /** There were more than `skipped`. */
  readonly atLeast: boolean;
  /** Why the newest of them was skipped; `null`: none was. */
  readonly reason: SkipReason | null;
  /** Attempts that failed before, in this term. */
  readonly failedAttempts: number;
  /** Why the last of them failed, or why the outcome is uncertain. */
  readonly error: string | null;
  /** Host and process id of the node; `null`: not known. */
  readonly node: string | null;
  /** Of the leader. */
  readonly fence: number;
  /** It was requested through a client. */
  readonly manual: boolean;
}

/** The newest first. */
export interface EntryHistory extends ReadonlyArray<HistoryRun> {
  /** Number of records that could not be read. */
  readonly unreadable: number;
  /** The last pause of the entry, or the present one, whose `until` may lie ahead or be `null`; `null`: none is known. */
  readonly lastPause: Pause | null;
}

export interface HistoryOptions {
  /** At most this many runs. Default: all that are kept. */
  readonly limit?: number | undefined;
}

/** `missed: "skip"` sends an occurrence that is at most this late, or late by at most one period. */
const ON_TIME_WITHIN_MS = 10_000;

/** @throws ConfigError */
export function checkHistoryOptions(options: HistoryOptions): void {
  const { limit } = readFields("the options of history", options, ["limit"]);
  if (limit === undefined || isWholeBetween(limit, 1, 1e9)) return;
  throw new ConfigError(`limit is ${describe(limit)}: expected a whole number, at least 1`, { field: "limit" });
}

/** What the views of one entry share. */
interface Viewed {
  readonly name: string;
  readonly idSuffix: string;
  /** `null`: the entry was removed, or cannot be read. */
  readonly live: LiveEntry | null;
  readonly nodes: ReadonlyMap<number, string>;
}

/** @throws StoreError; BeatxError `NOT_FOUND` */
export async function readHistory(
  connection: Connection,
  name: string,
  limit: number = Infinity,
): Promise<EntryHistory> {
  const { store, namespace } = connection;
  const [timetable, texts, leader, now] = await Promise.all([
    readNames(connection, [checkName(name), LEADER_REPORT, LEADERS_RECORD]),
    store.getHistory(name),
    store.readLock(),
    timeOf(connection),
  ]);
  if (!isStored(timetable, name)) throw new BeatxError("NOT_FOUND", `there is no entry ${quoteName(name)}`);
  const { terms } = timetable.records.leaders;
  const viewed = {
    name,
    idSuffix: occurrenceSuffix(namespace, name),
    live: timetable.entries.get(name) ?? null,
    nodes: new Map(terms.map(({ fence, label }) => [fence, label])),
  };
  const records = readRecords(name, texts);
  const runs = records.flatMap((record) => viewRecord(record, viewed));
  const current = currentFailure(viewed, timetable, leader, now);
  const all = current ? [current, ...runs] : runs;
  const about = { unreadable: texts.length - records.length, lastPause: lastPauseOf(viewed.live) };
  return Object.assign(all.slice(0, limit), about);
}

function lastPauseOf(live: LiveEntry | null): Pause | null {
  return live?.definition.kind === "entry" ? (live.definition.pause ?? null) : null;
}

/** The records that can be read, the newest first. */
export function readRecords(name: string, texts: readonly string[]): RunRecord[] {
  return texts
    .map((text) => decodeRecord(name, text))
    .filter((record) => record !== null)
    .sort((one, other) => other.cursor.fence - one.cursor.fence || other.cursor.records - one.cursor.records);
}

function isStored({ entries, broken, removed }: Timetable, name: string): boolean {
  return entries.get(name)?.definition.kind === "entry" || broken.has(name) || removed.has(name);
}

/** The runs of one record, the newest first. */
function viewRecord(record: RunRecord, viewed: Viewed): HistoryRun[] {
  const { manual = [], count = 1, skipped = 0 } = record.note;
  const byHand = manual.map((run) => viewManual(run, record, viewed));
  const all = count + skipped === 0 ? byHand : [...byHand, viewOccurrences(record, viewed)];
  return all.sort((one, other) => (other.sentAt ?? other.scheduledAt) - (one.sentAt ?? one.scheduledAt));
}

function viewOccurrences({ cursor, note }: RunRecord, { live, idSuffix, nodes }: Viewed): HistoryRun {
  const { at, sentAt, fence, pending } = cursor;
  const { count = 1, skipped = 0, atLeast = false, reason = null, failed, uncertain } = note;
  const isUncertain = uncertain !== undefined || pending !== null;
  const wasSent = count > 0 && sentAt !== null;
  const latenessMs = wasSent ? sentAt - at - delayAt(live, at) : null;
  const isCaughtUp = count > 1 || skipped > 0 || isMissed(live, at, latenessMs ?? 0);
  const sent = isUncertain ? "uncertain" : isCaughtUp ? "caught up" : "sent";
  return {
    scheduledAt: at,
    sentAt: wasSent ? sentAt : null,
    latenessMs,
    id: occurrenceId(at, idSuffix),
    outcome: count > 0 ? sent : failed ? "failed" : "skipped",
    count: isUncertain ? 0 : count,
    skipped,
    atLeast,
    reason,
    failedAttempts: failed?.count ?? 0,
    error: uncertain || failed?.error || null,
    node: nodes.get(fence) ?? null,
    fence,
    manual: false,
  };
}

function isMissed(live: LiveEntry | null, at: number, latenessMs: number): boolean {
  return latenessMs > Math.min(ON_TIME_WITHIN_MS, periodAfter(live, at));
}

/** The delay of the occurrence by its entry's present rule; 0: not known. */
function delayAt(live: LiveEntry | null, at: number): number {
  try {
    return live === null ? 0 : delayOf(live.rule, at);
  } catch {
    return 0;
  }
}

/** The time until the rule's next instant; `Infinity`: not known. */
function periodAfter(live: LiveEntry | null, at: number): number {
  try {
    return (live?.rule.schedule.next(at) ?? Infinity) - at;
  } catch {
    return Infinity;
  }
}

function viewManual(run: ManualRun, { cursor: { fence } }: RunRecord, { nodes }: Viewed): HistoryRun {
  const { id, at, sentAt, reason = null, uncertain = false, failed } = run;
  const isSkipped = reason !== null;
  return {
    skipped: isSkipped ? 1 : 0,
    atLeast: false,
    reason,
    scheduledAt: at,
    sentAt: isSkipped ? null : sentAt,
    latenessMs: isSkipped ? null : sentAt - at,
    id,
    outcome: isSkipped ? "skipped" : uncertain ? "uncertain" : "sent",
    count: isSkipped || uncertain ? 0 : 1,
    failedAttempts: failed?.count ?? 0,
    error: failed?.error ?? null,
    node: nodes.get(fence) ?? null,
    fence,
    manual: true,
  };
}

const NOTHING_SKIPPED = { skipped: 0, atLeast: false, reason: null };

/** The occurrence that the leader tries to send, as its report says (R44). `now`: cluster time, epoch ms. */
function currentFailure(
  { name, live, idSuffix }: Viewed,
  timetable: Timetable,
  leader: LeaderInfo | null,
  now: number,
): HistoryRun | null {
  const report = currentReport(timetable, leader);
  if (!report || !leader || !live || !isActive(live)) return null;
  const { failing, publisher } = report;
  const message = failing.find(({ entry }) => entry === name)?.message ?? publisher.message;
  const at = nextToSend(live.rule, live.cursor);
  if (message === null || at === null || dueAt(live.rule, at) > now) return null;
  return {
    ...NOTHING_SKIPPED,
    scheduledAt: at,
    sentAt: null,
    latenessMs: null,
    id: occurrenceId(at, idSuffix),
    outcome: "failed",
    count: 0,
    // The report does not count them.
    failedAttempts: 1,
    error: message,
    node: leader.label,
    fence: leader.fence,
    manual: false,
  };
}
