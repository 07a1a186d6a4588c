import { BeatxError } from "../base/errors.js";

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
}

/**
 * Equal cursors give equal text, because stores compare it. Without `JSON.stringify`, because it runs for every
 * occurrence.
 */
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
    // Falls through to the error below: the text itself says more than the parser's message.
  }
  throw new BeatxError(
    "BAD_ENTRY",
    `the stored cursor of ${JSON.stringify(name)} cannot be read: ${text.slice(0, 100)}`,
  );
}
