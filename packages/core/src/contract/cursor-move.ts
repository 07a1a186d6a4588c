import type { OutboxWrite } from "./publisher.js";

/** Moves one cursor forward. */
export interface CursorMove {
  readonly name: string;
  /** The cursor that this move is based on. `null`: there was none (R14). */
  readonly from: string | null;
  readonly to: string;
  /**
   * The revision of the definition that this move is based on: if it has changed, the move is refused (R20). `null`:
   * any revision is fine (the occurrence has been sent already), but the name must still have a definition.
   */
  readonly definitionRevision: string | null;
  /**
   * Epoch ms of the occurrence; 0 if the cursor only counts. A store with `getTime` refuses a move that is more than 50 ms
   * ahead of its clock (R18).
   */
  readonly dueAt: number;
  /**
   * Written in the same step as the move, or not at all. Given only to a store whose `reachesOutbox` returned `true`.
   */
  readonly outbox?: readonly OutboxWrite[];
  /** What the entry's history keeps of the move. Given only to a store with `getHistory`. */
  readonly record?: CursorRecord | undefined;
}

/** The number of slots that an entry has for records. */
export const RECORD_SLOTS = 100;

/**
 * A record of a move, written in the same step as the cursor, or right after it (R48). A record that cannot be written
 * never keeps the move from being made.
 */
export interface CursorRecord {
  /** From 0 to `RECORD_SLOTS` - 1. A record replaces the one in its slot; the slots of a name are first filled in order. */
  readonly slot: number;
  /** `null`: the text of the move's `to`. */
  readonly text: string | null;
}

/**
 * The tests run in this order. A name without a definition has no cursor: the answer is `moved` if `from` is a cursor,
 * and `changed` otherwise.
 */
export type MoveResult =
  | { readonly status: "done" }
  /** The stored cursor differs from `from`. `cursor`: the stored one. */
  | { readonly status: "moved"; readonly cursor: string | null }
  /** The definition no longer has the revision `definitionRevision`, or is gone. */
  | { readonly status: "changed" }
  /** `dueAt` is ahead of the store's clock. */
  | { readonly status: "early" }
  /** The outbox cannot take the writes (the queue's key is not a list). Neither they nor the cursor were written. */
  | { readonly status: "refused"; readonly reason: string }
  /** The key of an `unlessHeld` has another value (R52). Neither the writes nor the cursor were written. */
  | { readonly status: "held" };
