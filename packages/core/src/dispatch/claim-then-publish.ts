import { PublishError } from "../base/errors.js";
import type { Message } from "../contract/publisher.js";
import { type Cursor, encodeCursor } from "../entry/cursor.js";
import { recordOf } from "./records.js";
import { type Attempt, hasMoved, markNotSent, markNotTaken, notTakenBy } from "./attempt.js";
import { keepOpen } from "./conclude.js";
import type { MoveCursors } from "./move-cursors.js";
import type { PublishBatch } from "./publish-batch.js";

interface Claimed {
  readonly attempt: Attempt;
  readonly message: Message;
}

/**
 * At most once (R25): the cursor moves first, so that a crash loses the occurrence instead of repeating it. A second
 * move records what became of the claim, unless the message was certainly not sent: then the occurrence is still due.
 * Returns these second moves.
 */
export async function claimThenPublish(
  attempts: readonly Attempt[],
  publish: PublishBatch,
  moveCursors: MoveCursors,
): Promise<readonly Attempt[]> {
  await moveCursors(attempts);
  const claimed = attempts.flatMap((attempt): Claimed[] => {
    return hasMoved(attempt) ? attempt.messages.map((message) => ({ attempt, message })) : [];
  });
  const errors = await publish(claimed.map(({ message }) => message));
  const settling = claimed.flatMap(({ attempt }, index) => settle(attempt, errors[index]));
  await moveCursors(settling);
  return settling;
}

/** The move that settles a claim; none if the claim stays open because nothing was sent. */
function settle(attempt: Attempt, error: Error | undefined): Attempt[] {
  const { cursor } = attempt;
  if (!error) {
    attempt.isPublished = true;
    return [closing(attempt, { ...cursor, pending: null })];
  }
  const notTaken = notTakenBy(error);
  if (notTaken) {
    uncount(attempt);
    if (markNotTaken(attempt, notTaken)) return [{ ...closing(attempt, attempt.cursor), manual: attempt.manual }];
    keepOpen(attempt);
    return [];
  }
  if (PublishError.isNotSent(error)) {
    markNotSent(attempt, error);
    uncount(attempt);
    keepOpen(attempt);
    return [];
  }
  attempt.outcome = { kind: "uncertain", error };
  attempt.uncertain = error.message;
  return [closing(attempt, { ...cursor, pending: null, uncertain: cursor.uncertain + 1 })];
}

/** The requested runs that the claim has counted are counted by the move that replaces it: that is made from the cursor before. */
function uncount({ entry, manual }: Attempt): void {
  entry.uncounted = [...manual, ...entry.uncounted];
}

/** A move from the claim to `cursor`. It reports nothing, because the attempt that claimed does. */
function closing(attempt: Attempt, cursor: Cursor): Attempt {
  const { entry, decision, move } = attempt;
  const to = encodeCursor(cursor);
  return {
    ...attempt,
    decision: { ...decision, send: [], skipped: 0 },
    messages: [],
    openClaim: null,
    // The claim has counted the requested runs.
    cursorBefore: attempt.cursor,
    cursor,
    manual: [],
    // The record is that of the claim, with what became of it.
    move: { ...move, from: entry.cursorText, to, definitionRevision: null, record: recordOf(attempt, to) },
  };
}
