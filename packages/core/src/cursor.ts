import { BeatxError } from "./errors.js";

/** The run state of an entry. Written only by dispatch (R28). */
export interface Cursor {
  /** Every instant at or before it is settled: sent, or skipped by policy and counted. Epoch ms. */
  readonly at: number;
  /** Occurrences sent. */
  readonly runs: number;
  /** Occurrences skipped. */
  readonly skipped: number;
  /** Fence of the lease under which it was last moved. */
  readonly fence: number;
  /** Epoch ms of the last sending, by the sender's cluster time; `null`: never sent. */
  readonly sentAt: number | null;
}

/** One spelling for each cursor: stores compare the text. Written by hand because it is made for every occurrence. */
export function encodeCursor(cursor: Cursor): string {
  return `{"at":${cursor.at},"runs":${cursor.runs},"skipped":${cursor.skipped},"fence":${cursor.fence},"sentAt":${cursor.sentAt}}`;
}

/** @throws BeatxError `BAD_ENTRY`. */
export function decodeCursor(name: string, text: string): Cursor {
  try {
    const value = JSON.parse(text) as Cursor;
    const numbers = [value.at, value.runs, value.skipped, value.fence, value.sentAt ?? 0];
    if (numbers.every((number) => Number.isFinite(number))) return value;
  } catch {
    // Falls through to the one error below: the text itself says more than a parser's message.
  }
  throw new BeatxError(
    "BAD_ENTRY",
    `the stored cursor of ${JSON.stringify(name)} cannot be read: ${text.slice(0, 100)}`,
  );
}
