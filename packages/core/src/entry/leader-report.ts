import { oneLine } from "../base/describe.js";
import { isPlainObject } from "../base/json.js";
import { isCount, isInstant } from "../base/number-range.js";
import { FORMAT } from "./definition.js";
import { readRecordText } from "./read-record.js";

/** The name of the leader's report. */
export const LEADER_REPORT = "@beatx/leader-report";

/** How the publisher of a leader is (R44). */
export interface PublisherState {
  /** The publisher's name. */
  readonly name: string;
  /** `unknown`: nothing was sent in this term yet, and the publisher was not asked, or has not answered. */
  readonly state: "works" | "failing" | "unknown";
  /** Epoch ms of cluster time since when it is so; `null`: unknown. */
  readonly since: number | null;
  /** Why it fails; `null` unless it does. */
  readonly message: string | null;
}

/** An entry that could not be sent, while others could. */
export interface FailingEntry {
  readonly entry: string;
  /** The reason of the last attempt. */
  readonly message: string;
  /** Epoch ms of cluster time since when it fails. */
  readonly since: number;
}

/** Work that the store does not do for the leader. */
export interface FailingStore {
  /** Why. */
  readonly message: string;
  /** Epoch ms of cluster time since when. */
  readonly since: number;
}

/** The rate cap holds entries back (R53). */
export interface RateCapReport {
  /** As configured. */
  readonly maxPerSecond: number;
  /** Number of entries that are due and wait. */
  readonly waiting: number;
  /** There may be more. */
  readonly atLeast: boolean;
  /** Epoch ms of cluster time since when some wait. */
  readonly since: number;
  /** About how many messages a second the schedule has by itself; `null`: not known yet, because nothing has waited for long. */
  readonly needed: number | null;
}

/** What a leader says about its term (R44). */
export interface LeaderReport {
  /** Of the term that it is about. */
  readonly fence: number;
  /** `null`: the store does all its work. Reports of older versions do not tell. */
  readonly store: FailingStore | null;
  readonly publisher: PublisherState;
  /** How the dead letter is; `null`: there is none. Reports of older versions do not tell. */
  readonly deadLetter: PublisherState | null;
  /** `null`: it holds nothing back. Reports of older versions do not tell. */
  readonly rateCap: RateCapReport | null;
  /** The publisher's warnings, one line each. */
  readonly warnings: readonly string[];
  /** The first of them by time, as many as the record has room for. */
  readonly failing: readonly FailingEntry[];
  /** The number of all of them. */
  readonly failingCount: number;
}

/** The stored report, as far as this node knows it. */
export interface StoredReport {
  /** Of the stored text; `null`: there is none. */
  readonly revision: string | null;
  readonly text: string | null;
  /** `null`: there is none, or it cannot be read. The leader writes it anew. */
  readonly report: LeaderReport | null;
}

export const NO_LEADER_REPORT: StoredReport = { revision: null, text: null, report: null };

/** Longest message of the publisher, and of one entry or warning, in characters. */
const LONGEST_MESSAGE = 1_000;
const LONGEST_LINE = 300;
const MOST_WARNINGS = 20;
const MOST_FAILING = 100;
/** Characters of all failing entries together: the record fits into every store. */
const ROOM = 16_000;

/** The report as it is stored; what is too long or too much for one record is cut. */
export function encodeLeaderReport(report: LeaderReport): string {
  const { store, publisher, deadLetter, rateCap, warnings, failing, ...rest } = report;
  const cut = {
    ...(rateCap && { rateCap }),
    ...(store && { store: { ...store, message: oneLine(store.message, LONGEST_MESSAGE) } }),
    publisher: cutState(publisher),
    ...(deadLetter && { deadLetter: cutState(deadLetter) }),
    warnings: warnings.slice(0, MOST_WARNINGS).map((line) => oneLine(line, LONGEST_LINE)),
    failing: thatFit(failing),
  };
  return JSON.stringify({ format: FORMAT, kind: "leader-report", ...rest, ...cut });
}

function cutState(state: PublisherState): PublisherState {
  return { ...state, message: state.message && oneLine(state.message, LONGEST_MESSAGE) };
}

/** `null` for a text that is no report of this format. */
export function readLeaderReport(text: string): LeaderReport | null {
  const value = readRecordText("leader-report", text);
  if (!value || !isReport(value)) return null;
  const { store = null, deadLetter = null, rateCap = null } = value as Partial<LeaderReport>;
  return { ...(value as unknown as LeaderReport), store, deadLetter, rateCap };
}

function thatFit(failing: readonly FailingEntry[]): readonly FailingEntry[] {
  let room = ROOM;
  const first = failing.slice(0, MOST_FAILING);
  const short = first.map((each) => ({ ...each, message: oneLine(each.message, LONGEST_LINE) }));
  return short.filter((each) => (room -= JSON.stringify(each).length) >= 0);
}

function isReport({ fence, store, publisher, rateCap, ...rest }: Record<string, unknown>): boolean {
  const { deadLetter, warnings, failing, failingCount } = rest;
  return (
    isCount(fence) &&
    (rateCap === undefined || isRateCap(rateCap)) &&
    (deadLetter === undefined || isPublisherState(deadLetter)) &&
    (store === undefined || isFailingStore(store)) &&
    isPublisherState(publisher) &&
    isListOf(warnings, isText) &&
    isListOf(failing, isFailingEntry) &&
    isCount(failingCount)
  );
}

const isText = (value: unknown): boolean => typeof value === "string";

function isListOf(value: unknown, isGood: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isGood);
}

function isPublisherState(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { name, state, since, message } = value;
  const isState = state === "works" || state === "failing" || state === "unknown";
  return isText(name) && isState && (since === null || isInstant(since)) && (message === null || isText(message));
}

function isRateCap(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { maxPerSecond, waiting, atLeast, since, needed } = value;
  const areNumbers = isRate(maxPerSecond) && (needed === null || isRate(needed));
  return areNumbers && isCount(waiting) && typeof atLeast === "boolean" && isInstant(since);
}

function isRate(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

function isFailingStore(value: unknown): boolean {
  return isPlainObject(value) && isText(value["message"]) && isInstant(value["since"]);
}

function isFailingEntry(value: unknown): boolean {
  return isPlainObject(value) && isText(value["entry"]) && isText(value["message"]) && isInstant(value["since"]);
}
