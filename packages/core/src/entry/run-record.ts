/**
 * What the history keeps of one move of a cursor: the cursor's text, with a note of what that cannot say (R48). Pure
 * functions.
 */

import { oneLine } from "../base/describe.js";
import { isPlainObject } from "../base/json.js";
import { isCount, isInstant } from "../base/number-range.js";
import { type Cursor, decodeCursor } from "./cursor.js";

/** Why occurrences were skipped; where there are several reasons, that of the newest. */
export type SkipReason =
  /** They passed during a pause. */
  | "paused"
  /** They were older than the entry's `deadlineMs`. */
  | "deadline"
  /** `missed: "skip"`. */
  | "skip"
  /** `missed: "latest"`: a later one was due. */
  | "latest"
  /** `missed: "all"`: more were due than `maxCatchUp`. */
  | "max-catch-up"
  /** The queue had taken a later one (R23). */
  | "passed"
  /** An earlier run of the entry had not ended (R52). */
  | "overlap"
  /** It could not be sent for too long (R54). */
  | "gave-up";

/** Why a queue did not take an occurrence, which is skipped for that. */
export type NotTaken = Extract<SkipReason, "passed" | "overlap" | "gave-up">;

const REASONS: readonly unknown[] = [
  "paused",
  "deadline",
  "skip",
  "latest",
  "max-catch-up",
  "passed",
  "overlap",
  "gave-up",
] satisfies SkipReason[];

/** Attempts that failed before the one that settled the occurrence. */
export interface FailedAttempts {
  readonly count: number;
  /** Why the last of them failed, in one line of at most `LONGEST_ERROR` characters. */
  readonly error: string;
}

/** A requested run that was sent, or skipped. */
export interface ManualRun {
  readonly id: string;
  /** Epoch ms of its message. */
  readonly at: number;
  /** Epoch ms; of one that was skipped, as `at`. */
  readonly sentAt: number;
  /** Why it was skipped. Omitted: it was not. */
  readonly reason?: SkipReason | undefined;
  /** It may or may not have been sent (R25). */
  readonly uncertain?: boolean | undefined;
  readonly failed?: FailedAttempts | undefined;
}

/** A requested run that no cursor counts yet. */
export interface UncountedRun extends ManualRun {
  /** Of the term in which it was sent. */
  readonly fence: number;
}

/** What the text of a cursor cannot say of its move. A field that is omitted has its default. */
export interface RunNote {
  /** Number of occurrences that were sent, or claimed. Default 1. */
  readonly count?: number | undefined;
  /** Number of occurrences skipped. Default 0. */
  readonly skipped?: number | undefined;
  /** `skipped` is a lower bound. Default `false`. */
  readonly atLeast?: boolean | undefined;
  readonly reason?: SkipReason | undefined;
  readonly failed?: FailedAttempts | undefined;
  /** The occurrence may or may not have been sent: why; "" if an earlier leader left its claim open. */
  readonly uncertain?: string | undefined;
  /** The requested runs that the move counts, the newest of them. */
  readonly manual?: readonly ManualRun[] | undefined;
}

/** A record as it was read. */
export interface RunRecord {
  /** The cursor after the move. */
  readonly cursor: Cursor;
  readonly note: RunNote;
}

/** Requested runs of one record. */
const MOST_MANUAL = 20;
/** Characters of an error. */
export const LONGEST_ERROR = 300;

/** `cursor`: the text of the cursor after the move. */
export function encodeRecord(cursor: string, note: RunNote): string {
  const { manual, uncertain } = note;
  const short = {
    ...note,
    ...(uncertain !== undefined && { uncertain: oneLine(uncertain, LONGEST_ERROR) }),
    ...(manual && { manual: manual.slice(-MOST_MANUAL).map(withoutFence) }),
  };
  return `${cursor.slice(0, -1)},"note":${JSON.stringify(short)}}`;
}

/** The cursor has the fence. */
function withoutFence({ id, at, sentAt, reason, uncertain, failed }: ManualRun): ManualRun {
  return { id, at, sentAt, reason, uncertain, failed };
}

/** `null` for a text that is no record. */
export function decodeRecord(name: string, text: string): RunRecord | null {
  try {
    const cursor = decodeCursor(name, text);
    const { note = {} } = JSON.parse(text) as { readonly note?: unknown };
    return isPlainObject(note) && isNote(note) ? { cursor, note } : null;
  } catch {
    return null;
  }
}

/** The number of records that a stored cursor has counted, even if it no longer counts itself. */
export function recordsIn(name: string, cursor: string): number {
  return decodeRecord(name, cursor)?.cursor.records ?? 0;
}

function isNote({ count, skipped, atLeast, reason, failed, uncertain, manual }: Record<string, unknown>): boolean {
  return (
    isOptional(count, isCount) &&
    isOptional(skipped, isCount) &&
    isOptional(atLeast, isFlag) &&
    isOptional(reason, isReason) &&
    isOptional(failed, isFailed) &&
    isOptional(uncertain, isText) &&
    isOptional(manual, (value) => Array.isArray(value) && value.every(isManualRun))
  );
}

function isOptional(value: unknown, isGood: (value: unknown) => boolean): boolean {
  return value === undefined || isGood(value);
}

const isText = (value: unknown): boolean => typeof value === "string";
const isReason = (value: unknown): boolean => REASONS.includes(value);
const isFlag = (value: unknown): boolean => typeof value === "boolean";

function isFailed(value: unknown): boolean {
  return isPlainObject(value) && isCount(value["count"]) && isText(value["error"]);
}

function isManualRun(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { id, at, sentAt, reason, uncertain, failed } = value;
  return (
    isText(id) &&
    isInstant(at) &&
    isInstant(sentAt) &&
    isOptional(reason, isReason) &&
    isOptional(uncertain, isFlag) &&
    isOptional(failed, isFailed)
  );
}
