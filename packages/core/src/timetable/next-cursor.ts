import type { Cursor } from "../entry/cursor.js";
import type { Decision } from "./due.js";

/** What a move of a cursor writes beside its decision. */
export interface CursorChange {
  /** Of the lease under which it moves. */
  readonly fence: number;
  /** Cluster time, epoch ms. */
  readonly now: number;
  /** The instant that the move claims (R25). Default `null`: none. */
  readonly pending?: number | null;
  /** Requested runs that the move counts (R28): those sent, and those skipped. Default 0. */
  readonly requested?: number;
  readonly requestedSkipped?: number;
  /** Of those skipped, the ones that were given up (R54). Default 0. */
  readonly requestedGivenUp?: number;
  /** Number of records after the move (R48). Default: as before. */
  readonly records?: number;
}

/** The cursor after a decision that was made from the cursor `before`. */
export function cursorAfter(
  before: Cursor | null,
  { send, to, skipped, reason }: Decision,
  {
    fence,
    now,
    pending = null,
    requested = 0,
    requestedSkipped = 0,
    records = before?.records ?? 0,
    ...rest
  }: CursorChange,
): Cursor {
  const { requestedGivenUp = 0 } = rest;
  return {
    at: to,
    runs: (before?.runs ?? 0) + send.length,
    skipped: (before?.skipped ?? 0) + skipped + requestedSkipped,
    fence,
    sentAt: send.length === 0 ? (before?.sentAt ?? null) : Math.trunc(now),
    pending,
    uncertain: (before?.uncertain ?? 0) + (before?.pending == null ? 0 : 1),
    requested: (before?.requested ?? 0) + requested,
    records,
    givenUp: (before?.givenUp ?? 0) + (reason === "gave-up" ? 1 : 0) + requestedGivenUp,
  };
}
