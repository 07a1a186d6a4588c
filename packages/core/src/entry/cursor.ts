import { createHash } from "node:crypto";

import { describe, quoteName, shorten } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { isCount, isInstant } from "../base/number-range.js";

/** The run state of an entry. Written only by the leader (R28). */
export interface Cursor {
  /** Epoch ms. Every instant at or before it is settled: sent, or skipped by policy and counted. */
  readonly at: number;
  /** Number of occurrences sent. */
  readonly runs: number;
  /** Number of occurrences skipped. */
  readonly skipped: number;
  /** Fence of the lease under which the cursor last moved. */
  readonly fence: number;
  /** Epoch ms at which an occurrence was last sent, by the sender's cluster time. `null`: never. */
  readonly sentAt: number | null;
  /** At-most-once only: a claimed instant that the queue has not confirmed (R25). Epoch ms. */
  readonly pending: number | null;
  /** At-most-once only: number of occurrences that may or may not have been sent. */
  readonly uncertain: number;
  /** Number of requested runs sent, which are not among `runs`. */
  readonly requested: number;
  /** Number of records that were written of its moves (R48). */
  readonly records: number;
  /** Number of occurrences among `skipped` that were given up (R54). */
  readonly givenUp: number;
}

/** Of an entry of which nothing has run. */
export const NEW_CURSOR: Cursor = {
  at: 0,
  runs: 0,
  skipped: 0,
  fence: 0,
  sentAt: null,
  pending: null,
  uncertain: 0,
  requested: 0,
  records: 0,
  givenUp: 0,
};

const isInstantOrNull = (value: unknown): boolean => value === null || isInstant(value);

const CHECKS: Readonly<Record<keyof Cursor, (value: unknown) => boolean>> = {
  at: isInstant,
  runs: isCount,
  skipped: isCount,
  fence: isCount,
  sentAt: isInstantOrNull,
  pending: isInstantOrNull,
  uncertain: isCount,
  requested: isCount,
  records: isCount,
  givenUp: isCount,
};
const FIELD_CHECKS = Object.entries(CHECKS) as [keyof Cursor, (value: unknown) => boolean][];

/**
 * Equal cursors give equal text, because stores compare it. Without `JSON.stringify`, because it runs for every
 * occurrence.
 */
export function encodeCursor(cursor: Cursor): string {
  const { at, runs, skipped, fence, sentAt, pending, uncertain, requested, records, givenUp } = cursor;
  const claims = pending === null && uncertain === 0 ? "" : `,"pending":${pending},"uncertain":${uncertain}`;
  const byHand = requested === 0 ? "" : `,"requested":${requested}`;
  const kept = records === 0 ? "" : `,"records":${records}`;
  const lost = givenUp === 0 ? "" : `,"givenUp":${givenUp}`;
  return `{"at":${at},"runs":${runs},"skipped":${skipped},"fence":${fence},"sentAt":${sentAt}${claims}${byHand}${kept}${lost}}`;
}

/** @throws BeatxError `BAD_ENTRY` that names the field, the value and the way out. */
export function decodeCursor(name: string, text: string): Cursor {
  const value = parseObject(name, text) as Partial<Cursor>;
  const {
    at,
    runs,
    skipped,
    fence,
    sentAt,
    pending = null,
    uncertain = 0,
    requested = 0,
    records = 0,
    givenUp = 0,
  } = value;
  const cursor = { at, runs, skipped, fence, sentAt, pending, uncertain, requested, records, givenUp };
  for (const [field, isGood] of FIELD_CHECKS) {
    const found: unknown = cursor[field];
    if (!isGood(found)) throw unreadable(name, `its "${field}" is ${describe(found)}, which is out of range`);
  }
  return cursor as Cursor;
}

/** The part of a definition that decides whether a stored cursor counts. */
interface Ignoring {
  readonly kind: string;
  readonly ignoredCursor?: string | undefined;
}

/** The cursor that counts; `null`: none. @throws BeatxError `BAD_ENTRY` */
export function readCursor(name: string, text: string | null, definition: Ignoring): Cursor | null {
  return text === null || isIgnored(text, definition) ? null : decodeCursor(name, text);
}

/** Whether the definition says that this stored cursor no longer counts. */
export function isIgnored(text: string | null, { ignoredCursor }: Ignoring): boolean {
  return text !== null && ignoredCursor !== undefined && ignoredCursor === digestOf(text);
}

/** Whether a stored cursor is none, or one that counts. */
export function isReadable(name: string, text: string | null): boolean {
  try {
    if (text !== null) decodeCursor(name, text);
    return true;
  } catch {
    return false;
  }
}

/** By this digest a definition names a stored cursor that no longer counts. */
export function digestOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

function parseObject(name: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (isPlainObject(value)) return value;
  } catch {
    // The text itself says more than the parser's message.
  }
  throw unreadable(name, `it is ${shorten(text, 100)}`);
}

function unreadable(name: string, why: string): BeatxError {
  const shown = quoteName(name);
  const wayOut = `client.reset(${shown}), or the command: beatx reset ${shown}`;
  const message = `the stored cursor of ${shown} cannot be read: ${why}. To start the entry again without it: ${wayOut}`;
  return new BeatxError("BAD_ENTRY", message);
}
