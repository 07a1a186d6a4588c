/** One try to send an occurrence, or several in a row: the messages, the move of the cursor, and the outcome of both. */

import { PublishError, StoreError } from "../base/errors.js";
import type { Message } from "../contract/publisher.js";
import type { CursorMove, Lease, MoveResult } from "../contract/store.js";
import { type Cursor, decodeCursor, encodeCursor } from "../entry/cursor.js";
import type { Decision } from "../timetable/due.js";
import { cursorAfter, type DueEntry } from "../timetable/live-entry.js";
import { makeMessage } from "./message.js";

export type Outcome =
  /** The cursor moved; the messages are in the queue. */
  | { readonly kind: "done" }
  /** At most once: the cursor moved, and the message may or may not be in the queue (R25). */
  | { readonly kind: "uncertain"; readonly error: Error }
  /** The store holds another cursor or, with `reload`, another definition: decide again from there. */
  | { readonly kind: "again"; readonly reload: boolean }
  /** Not sent, or not known to be sent: try again later. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface Attempt extends DueEntry {
  decision: Decision;
  /** Oldest first; more than one only in one step. Empty: everything due is skipped, and only the cursor moves. */
  messages: readonly Message[];
  /** The cursor after the move. */
  cursor: Cursor;
  move: CursorMove;
  /** The broker has confirmed the message. */
  isPublished: boolean;
  /** `again` until the store has answered. */
  outcome: Outcome;
}

/** `claims`: sets `pending` in the cursor until the queue has confirmed the occurrence (R25). */
export function prepare(due: DueEntry, lease: Lease, namespace: string, now: number, claims: boolean): Attempt {
  const { entry, decision } = due;
  const { send, to, skipped } = decision;
  const cursor = { ...cursorAfter(due, lease.fence, now), pending: claims ? (send[0] ?? null) : null };
  return {
    entry,
    decision,
    messages: send.map((instant) => makeMessage(entry, instant, skipped, lease, namespace)),
    cursor,
    move: {
      name: entry.name,
      from: entry.cursorText,
      to: encodeCursor(cursor),
      dueAt: to,
      definitionRevision: entry.revision,
    },
    isPublished: false,
    outcome: { kind: "again", reload: false },
  };
}

/** Shortens the attempt to its first `count` messages. The others are decided again from the cursor after them. */
export function keepFirst(attempt: Attempt, count: number): Attempt {
  const { decision, messages, cursor, move } = attempt;
  const send = decision.send.slice(0, count);
  const to = send[count - 1]!;
  attempt.decision = { ...decision, send, to };
  attempt.messages = messages.slice(0, count);
  attempt.cursor = { ...cursor, at: to, runs: cursor.runs - (messages.length - count) };
  attempt.move = { ...move, to: encodeCursor(attempt.cursor), dueAt: to };
  return attempt;
}

/** Whether the cursor moved, so that the occurrence is settled. */
export function hasMoved({ outcome }: Attempt): boolean {
  return outcome.kind === "done" || outcome.kind === "uncertain";
}

/** Sets the attempt's outcome from the store's answer, and updates the entry in memory. */
export function conclude(attempt: Attempt, result: MoveResult): void {
  attempt.outcome = outcomeOf(attempt, result);
}

function outcomeOf(attempt: Attempt, result: MoveResult): Outcome {
  const name = JSON.stringify(attempt.entry.name);
  switch (result.status) {
    case "done":
      return accept(attempt);
    case "moved":
      return adopt(attempt, result.cursor);
    case "changed":
      return { kind: "again", reload: true };
    case "early":
      return {
        kind: "failed",
        error: new StoreError(`${name} is not due yet by the store's clock, which was set back`),
      };
    case "refused":
      return { kind: "failed", error: new PublishError(`${name} was not sent: ${result.reason}`) };
  }
}

function accept({ entry, cursor, move }: Attempt): Outcome {
  entry.cursor = cursor;
  entry.cursorText = move.to;
  return { kind: "done" };
}

/**
 * Adopts the stored cursor (R32). If there is none, keeps the one in memory, which the next move writes back (R33). A
 * stored cursor with this fence and instant comes from an earlier copy of this move: a success, counted once (R21).
 */
function adopt({ entry, cursor }: Attempt, stored: string | null): Outcome {
  entry.cursorText = stored;
  if (stored === null) return { kind: "again", reload: false };
  try {
    entry.cursor = decodeCursor(entry.name, stored);
  } catch (error) {
    return { kind: "failed", error };
  }
  const isMine = entry.cursor.fence === cursor.fence && entry.cursor.at === cursor.at;
  return isMine ? { kind: "done" } : { kind: "again", reload: false };
}
