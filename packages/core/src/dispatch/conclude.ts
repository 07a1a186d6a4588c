/** What the store's answer to a move makes of its attempt, and of the entry in memory. */

import { quoteName } from "../base/describe.js";
import { PublishError, StoreError } from "../base/errors.js";
import type { MoveResult } from "../contract/store.js";
import { isIgnored, readCursor } from "../entry/cursor.js";
import type { UncountedRun } from "../entry/run-record.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import { AGAIN, type Attempt, markNotTaken, type Outcome, type Plan } from "./attempt.js";
import type { UnansweredMoves } from "./unanswered-moves.js";

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
    case "held":
      return markNotTaken(attempt, "overlap") ? AGAIN : attempt.outcome;
    case "refused":
      return {
        kind: "failed",
        error: new PublishError(`${quoteName(name)} was not sent: ${result.reason}`, { notSent: true }),
      };
  }
}

function accept({ entry, cursor, move, manual }: Attempt): Outcome {
  if (manual.length > 0) entry.uncounted = without(entry.uncounted, manual);
  entry.cursor = cursor;
  entry.cursorText = move.to;
  entry.unsentClaim = null;
  return { kind: "done" };
}

function without(runs: readonly UncountedRun[], counted: readonly UncountedRun[]): readonly UncountedRun[] {
  const gone = new Set(counted);
  return runs.filter((run) => !gone.has(run));
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
  const { decision, messages, cursorBefore, cursor, move, openClaim, notTaken, manual } = mine;
  const plan: Plan = { decision, messages, cursorBefore, cursor, move, openClaim, notTaken, manual };
  Object.assign(attempt, plan);
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
