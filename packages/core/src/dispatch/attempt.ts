/** One try to send an occurrence, or several in a row: the messages, the move of the cursor, and the outcome of both. */

import { quoteName } from "../base/describe.js";
import { BeatxError, PublishError, StoreError } from "../base/errors.js";
import type { Message } from "../contract/publisher.js";
import type { CursorMove, Lease, MoveResult } from "../contract/store.js";
import { type Cursor, encodeCursor, isIgnored, readCursor } from "../entry/cursor.js";
import type { Decision } from "../timetable/due.js";
import { cursorAfter, type DueEntry, type LiveEntry } from "../timetable/live-entry.js";
import { makeMessage } from "./message.js";
import type { UnansweredMoves } from "./unanswered-moves.js";

export type Outcome =
  /** The cursor moved; the messages are in the queue. */
  | { readonly kind: "done" }
  /** At most once: the cursor moved, and the message may or may not be in the queue (R25). */
  | { readonly kind: "uncertain"; readonly error: Error }
  /** The store holds another cursor or, with `reload`, another definition: decide again from there. */
  | { readonly kind: "again"; readonly reload: boolean }
  /** Not sent, or not known to be sent: try again later. */
  | { readonly kind: "failed"; readonly error: unknown };

/** What an attempt does. */
interface Plan {
  readonly decision: Decision;
  /** Oldest first; more than one only in one step. Empty: nothing is sent, and only the cursor moves. */
  readonly messages: readonly Message[];
  /** The cursor that the decision was made from. */
  readonly cursorBefore: Cursor | null;
  /** The cursor after the move. */
  readonly cursor: Cursor;
  readonly move: CursorMove;
  /** The occurrence of an open claim that an earlier term left: the move counts it as uncertain (R25). */
  readonly openClaim: Message | null;
  /** The queue has taken a later occurrence of the entry, so this one is settled without being sent (R23). */
  readonly isPassed: boolean;
}

export interface Attempt extends DueEntry, Plan {
  decision: Decision;
  messages: readonly Message[];
  cursorBefore: Cursor | null;
  cursor: Cursor;
  move: CursorMove;
  openClaim: Message | null;
  isPassed: boolean;
  /** The broker has confirmed the message. */
  isPublished: boolean;
  /** `again` until the store has answered. */
  outcome: Outcome;
}

/** Of a move that leaves the cursor where it is, only to count: nothing is sent early, however far ahead it is (R18). */
const LONG_DUE = 0;

const AGAIN: Outcome = { kind: "again", reload: false };

/** `claims`: sets `pending` in the cursor until the queue has confirmed the occurrence (R25). */
export function prepare(due: DueEntry, lease: Lease, namespace: string, now: number, claims: boolean): Attempt {
  const { entry } = due;
  const decision = neverBehindClaim(due);
  const { send, to, skipped } = decision;
  const cursorBefore = entry.cursor;
  const cursor = cursorAfter(cursorBefore, decision, {
    fence: lease.fence,
    now,
    pending: claims ? (send[0] ?? null) : null,
    requested: entry.uncountedRuns,
  });
  const open = cursorBefore?.pending ?? null;
  return {
    entry,
    decision,
    messages: send.map((instant) => makeMessage(entry, instant, skipped, lease, namespace)),
    cursorBefore,
    cursor,
    move: {
      name: entry.name,
      from: entry.cursorText,
      to: encodeCursor(cursor),
      dueAt: to === cursorBefore?.at ? LONG_DUE : to,
      definitionRevision: entry.revision,
    },
    openClaim: open === null ? null : makeMessage(entry, open, 0, lease, namespace),
    isPassed: false,
    isPublished: false,
    outcome: AGAIN,
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

/** A cursor never moves back (R14), not even over a claim of which nothing was sent: then the claim is made again. */
function neverBehindClaim({ entry: { unsentClaim }, decision }: DueEntry): Decision {
  return unsentClaim !== null && decision.to < unsentClaim.to ? unsentClaim : decision;
}

/** Makes the attempt once more, from the stored cursor. */
export function repeat(attempt: Attempt): Attempt {
  return { ...attempt, move: { ...attempt.move, from: attempt.entry.cursorText }, outcome: AGAIN };
}

/** Whether only the cursor is left to move: nothing is to be published any longer. */
export function isSettledExceptCursor({ messages, isPublished }: Attempt): boolean {
  return messages.length === 0 || isPublished;
}

/** Whether the cursor moved, so that the occurrence is settled. */
export function hasMoved({ outcome }: Attempt): boolean {
  return outcome.kind === "done" || outcome.kind === "uncertain";
}

/** The message is out: the move no longer asks for the same definition, since a change must not cause a second send. */
export function markPublished(attempt: Attempt): void {
  attempt.isPublished = true;
  attempt.move = { ...attempt.move, definitionRevision: null };
}

/** The publisher did not send the message. Nothing has happened to the cursor. */
export function markNotSent(attempt: Attempt, error: Error): void {
  attempt.outcome = error === POSTPONED ? AGAIN : { kind: "failed", error };
}

/** The answer for messages that were not given to the publisher, because the lease could run out meanwhile (R19). */
export const POSTPONED: PublishError = new PublishError(
  "not sent: the lease is not trusted for as long as a publish may take",
  {
    notSent: true,
  },
);

/** The queue has gone past the instant: it is skipped, and the cursor moves from the stored one (R23). */
export function markPassed(attempt: Attempt): void {
  const { entry, cursorBefore, decision, cursor, move } = attempt;
  attempt.decision = { ...decision, send: [], skipped: decision.skipped + 1 };
  attempt.messages = [];
  attempt.isPassed = true;
  const change = { fence: cursor.fence, now: 0, requested: entry.uncountedRuns };
  attempt.cursor = cursorAfter(cursorBefore, attempt.decision, change);
  attempt.move = { ...move, from: entry.cursorText, to: encodeCursor(attempt.cursor) };
}

/** Sets the attempt's outcome from the store's answer, and updates the entry in memory. */
export function conclude(attempt: Attempt, result: MoveResult, unanswered: UnansweredMoves): void {
  attempt.outcome = outcomeOf(attempt, result, unanswered);
}

function outcomeOf(attempt: Attempt, result: MoveResult, unanswered: UnansweredMoves): Outcome {
  const { name } = attempt.entry;
  switch (result.status) {
    case "done":
      unanswered.drop(attempt.entry);
      return accept(attempt);
    case "moved":
      return recogniseMove(attempt, result.cursor, unanswered);
    case "changed":
      return { kind: "again", reload: true };
    case "early":
      return {
        kind: "failed",
        error: new StoreError(`${quoteName(name)} is not due yet by the store's clock, which was set back`),
      };
    case "refused":
      return { kind: "failed", error: new PublishError(`${quoteName(name)} was not sent: ${result.reason}`) };
  }
}

function accept({ entry, cursorBefore, cursor, move }: Attempt): Outcome {
  entry.uncountedRuns -= cursor.requested - (cursorBefore?.requested ?? 0);
  entry.cursor = cursor;
  entry.cursorText = move.to;
  entry.unsentClaim = null;
  return { kind: "done" };
}

/**
 * The stored cursor may come from this move or from an earlier one that was not answered (R21). Then that move is a
 * success, counted once, and the attempt becomes the one that made it. Exceptions: a claim found so was never published, and
 * a cursor that was reset meanwhile no longer counts.
 */
function recogniseMove(attempt: Attempt, stored: string | null, unanswered: UnansweredMoves): Outcome {
  const { entry } = attempt;
  const mine = stored === attempt.move.to ? attempt : unanswered.find(entry, stored);
  unanswered.drop(entry);
  if (!mine || isIgnored(stored, entry.definition)) return adopt(entry, stored);
  if (mine.cursor.pending !== null) {
    keepOpen(mine);
    return AGAIN;
  }
  const { decision, messages, cursorBefore, cursor, move, openClaim, isPassed } = mine;
  Object.assign(attempt, { decision, messages, cursorBefore, cursor, move, openClaim, isPassed } satisfies Plan);
  return accept(attempt);
}

/**
 * The claim is in the store, but nothing was sent. The next decision is made from the cursor before the claim, and its
 * move replaces the claim. If this node crashes before that, the occurrence is uncertain (R25).
 */
export function keepOpen({ entry, cursorBefore, decision, move }: Attempt): void {
  entry.cursor = cursorBefore;
  entry.cursorText = move.to;
  entry.unsentClaim = decision;
}

/** Adopts the stored cursor (R32). If there is none, `Delivery.mayLoseCursors` decides about the one in memory. */
function adopt(entry: LiveEntry, stored: string | null): Outcome {
  entry.cursorText = stored;
  entry.unsentClaim = null;
  if (stored === null) return AGAIN;
  try {
    entry.cursor = readCursor(entry.name, stored, entry.definition);
  } catch (error) {
    return { kind: "failed", error };
  }
  return AGAIN;
}

/** Whether the store answered with an older cursor, or with none, that no reset explains: it is in an older state (R32). */
export function wentBack({ entry, cursorBefore, outcome }: Attempt): boolean {
  if (isIgnored(entry.cursorText, entry.definition)) return false;
  return outcome.kind === "again" && cursorBefore !== null && (entry.cursor?.at ?? -Infinity) < cursorBefore.at;
}

/** Whether the publisher says that the queue has gone past the message's instant (R23). */
export function isPassedBy(error: Error): boolean {
  return BeatxError.hasCode(error, "PASSED");
}
