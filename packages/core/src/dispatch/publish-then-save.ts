import type { Attempt } from "./attempt.js";
import type { MoveCursors } from "./move-cursors.js";
import type { PublishBatch } from "./publish-batch.js";

/**
 * At least once, or exactly once where the queue compares (classes P and D): the cursor moves after the broker has
 * confirmed the message (R24). An attempt that is published already only moves its cursor.
 */
export async function publishThenSave(
  attempts: readonly Attempt[],
  publish: PublishBatch,
  moveCursors: MoveCursors,
): Promise<void> {
  const unsent = attempts.flatMap((attempt) => {
    return attempt.isPublished ? [] : attempt.messages.map((message) => ({ attempt, message }));
  });
  const errors = await publish(unsent.map(({ message }) => message));
  unsent.forEach(({ attempt }, index) => {
    const error = errors[index];
    if (error) attempt.outcome = { kind: "failed", error };
    else markPublished(attempt);
  });
  await moveCursors(attempts.filter(({ outcome }) => outcome.kind !== "failed"));
}

/** The message is out: the move no longer asks for the same definition, since a change must not cause a second send. */
function markPublished(attempt: Attempt): void {
  attempt.isPublished = true;
  attempt.move = { ...attempt.move, definitionRevision: null };
}
