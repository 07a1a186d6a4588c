/** One step of one entry: what is sent, how its cursor moves, and what became of it. */

import { PublishError, StoreError } from "../base/errors.js";
import type { Message } from "../contract/publisher.js";
import type { CursorMove, Lease, MoveResult } from "../contract/store.js";
import { type Cursor, decodeCursor, encodeCursor } from "../entry/cursor.js";
import type { Decision } from "../timetable/due.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { cursorAfter } from "../timetable/live-entry.js";
import { makeMessage } from "./message.js";

/** What became of one due entry. */
export type Outcome =
  /** The cursor moved; the message, if there was one, is in the queue. */
  | { readonly kind: "settled"; readonly message: Message | null; readonly decision: Decision }
  /** At most once: the cursor moved, and nobody knows whether the message is in the queue (R25). */
  | { readonly kind: "uncertain"; readonly message: Message; readonly error: Error }
  /** The store holds another cursor or definition: plan again from there. */
  | { readonly kind: "replan"; readonly reload: boolean }
  /** Not sent, or not known to be sent: try again later. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface Attempt extends DueEntry {
  readonly message: Message | null;
  /** What the cursor says after the move. */
  readonly cursor: Cursor;
  readonly move: CursorMove;
}

/** `claims`: the cursor says that the occurrence may be sent or not until the queue has confirmed it (R25). */
export function prepare(due: DueEntry, lease: Lease, namespace: string, now: number, claims: boolean): Attempt {
  const { entry, decision } = due;
  const { send, to, skipped } = decision;
  const cursor = { ...cursorAfter(due, lease.fence, now), pending: claims ? send : null };
  const message = send === null ? null : makeMessage(entry, send, skipped, lease, namespace);
  const move = { name: entry.name, from: entry.cursorText, to: encodeCursor(cursor), dueAt: to };
  return { entry, decision, message, cursor, move: { ...move, definitionRevision: entry.revision } };
}

/** Takes the answer of the store over into memory. */
export function conclude(plan: Attempt, result: MoveResult): Outcome {
  const name = JSON.stringify(plan.entry.name);
  switch (result.status) {
    case "done":
      return accept(plan);
    case "moved":
      return adopt(plan, result.cursor);
    case "changed":
      return { kind: "replan", reload: true };
    case "early":
      return {
        kind: "failed",
        error: new StoreError(`${name} is not due yet by the store's clock, which was set back`),
      };
    case "refused":
      return { kind: "failed", error: new PublishError(`${name} was not sent: ${result.reason}`) };
  }
}

function accept({ entry, decision, cursor, move, message }: Attempt): Outcome {
  entry.cursor = cursor;
  entry.cursorText = move.to;
  return { kind: "settled", message, decision };
}

/**
 * Takes what the store holds for the truth (R32), except where it holds nothing: then memory is written back (R33). My
 * fence with my instant means that an earlier copy of this very move was carried out: a success, counted once (R21).
 */
function adopt({ entry, decision, cursor, message }: Attempt, stored: string | null): Outcome {
  entry.cursorText = stored;
  if (stored === null) return { kind: "replan", reload: false };
  try {
    entry.cursor = decodeCursor(entry.name, stored);
  } catch (error) {
    return { kind: "failed", error };
  }
  const isMine = entry.cursor.fence === cursor.fence && entry.cursor.at === cursor.at;
  return isMine ? { kind: "settled", message, decision } : { kind: "replan", reload: false };
}
