/** One try to send an occurrence, or several in a row: the messages, the move of the cursor, and the outcome of both. */

import { BeatxError, PublishError } from "../base/errors.js";
import type { Message } from "../contract/publisher.js";
import type { CursorMove, Lease } from "../contract/store.js";
import { type Cursor, encodeCursor } from "../entry/cursor.js";
import type { FailedAttempts, NotTaken, UncountedRun } from "../entry/run-record.js";
import { backfillOf } from "../timetable/backfill.js";
import type { Decision } from "../timetable/due.js";
import type { DueEntry, LiveEntry } from "../timetable/live-entry.js";
import { cursorAfter } from "../timetable/next-cursor.js";
import { makeMessage } from "./message.js";
import { countRuns, uncountedIn } from "./requested-runs.js";
import { recordOf, type Recorded, recordsAfter } from "./records.js";

export type Outcome =
  /** The cursor moved; the messages are in the queue. */
  | { readonly kind: "done" }
  /** At most once: the cursor moved, and the message may or may not be in the queue (R25). */
  | { readonly kind: "uncertain"; readonly error: Error }
  /** The store holds another cursor or, with `reload`, another definition: decide again from there. */
  | { readonly kind: "again"; readonly reload: boolean; readonly waitMs?: number }
  /** Not sent, or not known to be sent: try again later. */
  | { readonly kind: "failed"; readonly error: unknown };

/** What an attempt does. */
export interface Plan {
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
  /** Why the queue did not take the occurrence, which is settled without being sent (R23, R52); `null`: it was not refused. */
  readonly notTaken: NotTaken | null;
  /** Requested runs of the entry that the move counts. */
  readonly manual: readonly UncountedRun[];
}

export interface Attempt extends DueEntry, Plan, Recorded {
  decision: Decision;
  messages: readonly Message[];
  cursorBefore: Cursor | null;
  cursor: Cursor;
  move: CursorMove;
  openClaim: Message | null;
  notTaken: NotTaken | null;
  manual: readonly UncountedRun[];
  uncertain: string | null;
  /** The broker has confirmed the message. */
  isPublished: boolean;
  /** `again` until the store has answered. */
  outcome: Outcome;
}

/** Of a move that leaves the cursor where it is, only to count: nothing is sent early, however far ahead it is (R18). */
const LONG_DUE = 0;

export const AGAIN: Outcome = { kind: "again", reload: false };

/** A backfill skips nothing: it asks again whether the earlier run of the entry has ended (R52). */
const WAITS: Outcome = { ...AGAIN, waitMs: 1_000 };

/** What the attempts of one batch have in common. */
export interface AttemptContext {
  readonly lease: Lease;
  readonly namespace: string;
  /** Cluster time, epoch ms. */
  readonly now: number;
  /** Sets `pending` in the cursor until the queue has confirmed the occurrence (R25). */
  readonly claims: boolean;
  /** Records that each entry keeps; 0: none (R48). */
  readonly keep: number;
}

/** `failed`: attempts of the occurrence that failed before. */
export function prepare(due: DueEntry, context: AttemptContext, failed: FailedAttempts | null): Attempt {
  const { lease, namespace } = context;
  const { entry } = due;
  const decision = neverBehindClaim(due);
  const { send, to, skipped } = decision;
  const cursorBefore = entry.cursor;
  const open = cursorBefore?.pending ?? null;
  const keep = entry.definition.kind === "entry" ? context.keep : 0;
  const manual = uncountedIn(entry, lease.fence);
  const cursor = nextCursor(entry, decision, context, { manual, keep });
  const uncertain = open === null ? null : "";
  const notTaken = decision.reason === "gave-up" ? decision.reason : null;
  const recorded = { keep, cursor, decision, failed, manual, uncertain, notTaken };
  const text = encodeCursor(cursor);
  return {
    entry,
    decision,
    messages: send.map((instant) => makeMessage(entry, instant, skipped, lease, namespace)),
    cursorBefore,
    cursor,
    move: {
      name: entry.name,
      from: entry.cursorText,
      to: text,
      dueAt: to === cursorBefore?.at ? LONG_DUE : to,
      definitionRevision: entry.revision,
      record: recordOf(recorded, text),
    },
    openClaim: open === null ? null : makeMessage(entry, open, 0, lease, namespace),
    notTaken,
    keep,
    failed,
    manual,
    uncertain,
    isPublished: false,
    outcome: AGAIN,
  };
}

function nextCursor(
  entry: LiveEntry,
  decision: Decision,
  context: AttemptContext,
  { manual, keep }: Pick<Recorded, "manual" | "keep">,
): Cursor {
  const { lease, now, claims } = context;
  const { send } = decision;
  return cursorAfter(entry.cursor, decision, {
    fence: lease.fence,
    now,
    pending: claims ? (send[0] ?? null) : null,
    ...countRuns(manual),
    records: recordsAfter(entry, keep),
  });
}

/** Shortens the attempt to its first `count` messages. The others are decided again from the cursor after them. */
export function keepFirst(attempt: Attempt, count: number): Attempt {
  const { decision, messages, cursor, move } = attempt;
  const send = decision.send.slice(0, count);
  const to = send[count - 1]!;
  attempt.decision = { ...decision, send, to };
  attempt.messages = messages.slice(0, count);
  attempt.cursor = { ...cursor, at: to, runs: cursor.runs - (messages.length - count) };
  const text = encodeCursor(attempt.cursor);
  attempt.move = { ...move, to: text, dueAt: to, record: recordOf(attempt, text) };
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

/**
 * The queue did not take the occurrence: it is skipped, and the cursor moves from the stored one (R23, R52). `false`: it stays
 * due, since a backfill waits for the end of an earlier run.
 */
export function markNotTaken(attempt: Attempt, notTaken: NotTaken): boolean {
  const { entry, cursorBefore, decision, cursor, move } = attempt;
  if (notTaken === "overlap" && backfillOf(entry)) {
    attempt.outcome = WAITS;
    return false;
  }
  attempt.decision = { ...decision, send: [], skipped: decision.skipped + 1 };
  attempt.messages = [];
  attempt.notTaken = notTaken;
  attempt.manual = uncountedIn(entry, cursor.fence);
  const change = { fence: cursor.fence, now: 0, ...countRuns(attempt.manual), records: cursor.records };
  attempt.cursor = cursorAfter(cursorBefore, attempt.decision, change);
  const text = encodeCursor(attempt.cursor);
  const { outbox: _, ...rest } = move;
  attempt.move = { ...rest, from: entry.cursorText, to: text, record: recordOf(attempt, text) };
  return true;
}

/** Why the publisher says that the queue did not take the message for good; `null`: it does not say that. */
export function notTakenBy(error: Error): NotTaken | null {
  if (BeatxError.hasCode(error, "PASSED")) return "passed";
  return BeatxError.hasCode(error, "OVERLAP") ? "overlap" : null;
}
