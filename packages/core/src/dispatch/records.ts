/** What the history keeps of an attempt (R48). */

import { oneLine } from "../base/describe.js";
import { type CursorRecord, RECORD_SLOTS } from "../contract/store.js";
import type { Cursor } from "../entry/cursor.js";
import {
  encodeRecord,
  type FailedAttempts,
  LONGEST_ERROR,
  type NotTaken,
  recordsIn,
  type RunNote,
  type UncountedRun,
} from "../entry/run-record.js";
import { textOf } from "../report/entry-log.js";
import type { Decision } from "../timetable/due.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import type { Attempt } from "./attempt.js";

/** What a record says of a move. */
export interface Recorded {
  /** Slots of the entry; 0: it keeps no records. */
  readonly keep: number;
  readonly cursor: Cursor;
  readonly decision: Decision;
  /** Attempts that failed before; `null`: none. */
  readonly failed: FailedAttempts | null;
  /** Requested runs that the move counts. */
  readonly manual: readonly UncountedRun[];
  /** At most once: why the occurrence may or may not have been sent; `null`: it is certain. "": an open claim was found. */
  readonly uncertain: string | null;
  /** Why the queue did not take the occurrence (R23, R52); `null`: it was not refused. */
  readonly notTaken: NotTaken | null;
}

/** Most moves need no text of their own: one object for each slot. */
const OF_SLOT: readonly CursorRecord[] = Array.from({ length: RECORD_SLOTS }, (_, slot) => ({ slot, text: null }));

/** Records of all entries together, unless that is less than one for each. */
const MOST_RECORDS = 200_000;

/** The records that each entry keeps. `historyRuns`: as configured. */
export function recordsPerEntry(historyRuns: number, entries: number): number {
  if (historyRuns === 0) return 0;
  return Math.max(1, Math.min(historyRuns, Math.floor(MOST_RECORDS / Math.max(1, entries))));
}

/** `to`: the text of the cursor. */
export function recordOf(move: Recorded, to: string): CursorRecord | undefined {
  const { keep, cursor, decision, failed, manual, uncertain, notTaken } = move;
  if (keep === 0) return undefined;
  const slot = (cursor.records - 1) % keep;
  const count = uncertain === "" ? 1 : decision.send.length;
  const isPlain = count === 1 && decision.skipped === 0 && failed === null && uncertain === null && notTaken === null;
  if (isPlain && manual.length === 0) return OF_SLOT[slot]!;
  return { slot, text: encodeRecord(to, noteOf(move, count)) };
}

function noteOf({ decision, failed, manual, uncertain, notTaken }: Recorded, count: number): RunNote {
  const { skipped, atLeast, reason } = decision;
  return {
    ...(count !== 1 && { count }),
    ...(skipped > 0 && { skipped, ...(atLeast && { atLeast }), reason: notTaken ?? reason }),
    ...(failed && { failed }),
    ...(uncertain !== null && { uncertain }),
    ...(manual.length > 0 && { manual }),
  };
}

/**
 * The number of records after the entry's next move. The move that settles an open claim writes the claim's record again: one
 * occurrence has one record. A reset goes on counting, so that the ring does.
 */
export function recordsAfter(entry: LiveEntry, keep: number): number {
  const { cursor } = entry;
  const records = cursor?.records ?? recordsBefore(entry);
  if (keep === 0 || (cursor !== null && cursor.pending !== null && records > 0)) return records;
  return records + 1;
}

/** Of an entry without a cursor that counts: its text was reset, or is a claim of which nothing was sent. */
function recordsBefore({ name, cursorText, unsentClaim }: LiveEntry): number {
  if (cursorText === null) return 0;
  return Math.max(0, recordsIn(name, cursorText) - (unsentClaim === null ? 0 : 1));
}

/** The attempts of one term that failed, by entry, since its cursor last moved. */
export class FailedBefore {
  readonly #byEntry = new WeakMap<LiveEntry, FailedAttempts>();
  /** Without a failure in this term nothing is looked up. */
  #hasAny = false;

  of(entry: LiveEntry): FailedAttempts | null {
    return this.#hasAny ? (this.#byEntry.get(entry) ?? null) : null;
  }

  note({ entry, outcome }: Attempt): void {
    if (outcome.kind === "failed") {
      const { error } = outcome;
      const why = oneLine(textOf(error), LONGEST_ERROR);
      this.#byEntry.set(entry, { count: (this.of(entry)?.count ?? 0) + 1, error: why });
      this.#hasAny = true;
    } else if (this.#hasAny && outcome.kind !== "again") this.#byEntry.delete(entry);
  }
}
