import { BeatxError } from "../base/errors.js";

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
  /** At most once: an instant that was claimed, and that the queue has not confirmed (R25). */
  readonly pending: number | null;
  /** At most once: occurrences of which nobody knows whether they were sent. */
  readonly uncertain: number;
}

/** One spelling for each cursor: stores compare the text. Written by hand because it is made for every occurrence. */
export function encodeCursor({ at, runs, skipped, fence, sentAt, pending, uncertain }: Cursor): string {
  const claims = pending === null && uncertain === 0 ? "" : `,"pending":${pending},"uncertain":${uncertain}`;
  return `{"at":${at},"runs":${runs},"skipped":${skipped},"fence":${fence},"sentAt":${sentAt}${claims}}`;
}

/** @throws BeatxError `BAD_ENTRY`. */
export function decodeCursor(name: string, text: string): Cursor {
  try {
    const value = {
      pending: null,
      uncertain: 0,
      ...(JSON.parse(text) as Omit<Cursor, "pending" | "uncertain">),
    } as Cursor;
    const { at, runs, skipped, fence, sentAt, pending, uncertain } = value;
    const numbers = [at, runs, skipped, fence, sentAt ?? 0, pending ?? 0, uncertain];
    if (numbers.every((number) => Number.isFinite(number))) return value;
  } catch {
    // Falls through to the one error below: the text itself says more than a parser's message.
  }
  throw new BeatxError(
    "BAD_ENTRY",
    `the stored cursor of ${JSON.stringify(name)} cannot be read: ${text.slice(0, 100)}`,
  );
}
