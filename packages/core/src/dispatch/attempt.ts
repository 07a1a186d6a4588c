/** One step of one entry: what is sent, how its cursor moves, and what became of it. */

import { type Cursor, decodeCursor, encodeCursor } from "../entry/cursor.js";
import type { Settlement } from "../timetable/due.js";
import { PublishError, StoreError } from "../base/errors.js";
import { makeMessage } from "./message.js";
import type { Message } from "../contract/publisher.js";
import type { DueEntry } from "../timetable/live-entry.js";
import type { CursorMove, Lease, MoveResult } from "../contract/store.js";

/** What became of one due entry. */
export type Outcome =
  /** The cursor moved; the message, if there was one, is in the queue. */
  | { readonly kind: "settled"; readonly message: Message | null; readonly settlement: Settlement }
  /** At most once: the cursor moved, and nobody knows whether the message is in the queue (R25). */
  | { readonly kind: "uncertain"; readonly message: Message; readonly error: Error }
  /** The store holds another cursor or definition: plan again from there. */
  | { readonly kind: "replan"; readonly reload: boolean }
  /** Not sent, or not known to be sent: try again later. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface Plan extends DueEntry {
  readonly message: Message | null;
  /** What the cursor says after the move. */
  readonly cursor: Cursor;
  readonly move: CursorMove;
}

/** The cursor of an entry after its settlement. */
export function cursorAfter({ planned, settlement }: DueEntry, fence: number, now: number): Cursor {
  const { send, to, skipped } = settlement;
  const before = planned.cursor;
  return {
    at: to,
    runs: (before?.runs ?? 0) + (send === null ? 0 : 1),
    skipped: (before?.skipped ?? 0) + skipped,
    fence,
    sentAt: send === null ? (before?.sentAt ?? null) : Math.trunc(now),
    pending: null,
    uncertain: (before?.uncertain ?? 0) + (before?.pending == null ? 0 : 1),
  };
}

/** `claims`: the cursor says that the occurrence may be sent or not until the queue has confirmed it (R25). */
export function makePlan(due: DueEntry, lease: Lease, namespace: string, now: number, claims: boolean): Plan {
  const { planned, settlement } = due;
  const { send, to, skipped } = settlement;
  const cursor = { ...cursorAfter(due, lease.fence, now), pending: claims ? send : null };
  const message = send === null ? null : makeMessage(planned, send, skipped, lease, namespace);
  const move = { name: planned.name, from: planned.cursorText, to: encodeCursor(cursor), dueAt: to };
  return { planned, settlement, message, cursor, move: { ...move, definitionRevision: planned.revision } };
}

/** Takes the answer of the store over into memory. */
export function settleMove(plan: Plan, result: MoveResult): Outcome {
  const name = JSON.stringify(plan.planned.name);
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

function accept({ planned, settlement, cursor, move, message }: Plan): Outcome {
  planned.cursor = cursor;
  planned.cursorText = move.to;
  return { kind: "settled", message, settlement };
}

/**
 * Takes what the store holds for the truth (R32), except where it holds nothing: then memory is written back (R33). My
 * fence with my instant means that an earlier copy of this very move was carried out: a success, counted once (R21).
 */
function adopt({ planned, settlement, cursor, message }: Plan, stored: string | null): Outcome {
  planned.cursorText = stored;
  if (stored === null) return { kind: "replan", reload: false };
  try {
    planned.cursor = decodeCursor(planned.name, stored);
  } catch (error) {
    return { kind: "failed", error };
  }
  const isMine = planned.cursor.fence === cursor.fence && planned.cursor.at === cursor.at;
  return isMine ? { kind: "settled", message, settlement } : { kind: "replan", reload: false };
}
