import { encodeCursor } from "../entry/cursor.js";
import { type Attempt, hasMoved } from "./attempt.js";
import type { MoveCursors } from "./move-cursors.js";
import type { PublishBatch } from "./publish-batch.js";

/** At most once (R25): the cursor moves first, so that a crash loses the occurrence instead of repeating it. */
export async function claimThenPublish(
  attempts: readonly Attempt[],
  publish: PublishBatch,
  moveCursors: MoveCursors,
): Promise<void> {
  await moveCursors(attempts);
  const claimed = attempts.flatMap((attempt) => {
    return hasMoved(attempt) ? attempt.messages.map((message) => ({ attempt, message })) : [];
  });
  const errors = await publish(claimed.map(({ message }) => message));
  claimed.forEach(({ attempt }, index) => {
    const error = errors[index];
    if (error) attempt.outcome = { kind: "uncertain", error };
    else attempt.isPublished = true;
  });
  await moveCursors(attempts.filter(({ isPublished }) => isPublished).map(withoutClaim));
}

/** The move that clears the claim of a confirmed occurrence. If it fails, the next move of the cursor clears it. */
function withoutClaim(attempt: Attempt): Attempt {
  const cursor = { ...attempt.cursor, pending: null };
  attempt.entry.cursor = cursor;
  const move = { ...attempt.move, from: attempt.move.to, to: encodeCursor(cursor), definitionRevision: null };
  return { ...attempt, cursor, move };
}
