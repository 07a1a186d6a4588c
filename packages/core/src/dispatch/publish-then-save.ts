import { type Attempt, isPassedBy, markNotSent, markPassed, markPublished } from "./attempt.js";
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
  const notSent = new Set<Attempt>();
  unsent.forEach(({ attempt }, index) => {
    const error = errors[index];
    if (!error) return markPublished(attempt);
    if (isPassedBy(error)) return markPassed(attempt);
    markNotSent(attempt, error);
    notSent.add(attempt);
  });
  await moveCursors(attempts.filter((attempt) => !notSent.has(attempt)));
}
