import { type Attempt, markNotSent, markNotTaken, markPublished, notTakenBy } from "./attempt.js";
import type { MoveCursors } from "./move-cursors.js";
import type { PublishBatch } from "./publish-batch.js";

/** What happens to the attempts, in this order. */
export interface PublishAndSave {
  readonly publish: PublishBatch;
  /** Called if no message failed. */
  readonly onPublished: () => void;
  readonly moveCursors: MoveCursors;
}

/**
 * At least once, or exactly once where the queue compares (classes P and D): the cursor moves after the broker has
 * confirmed the message (R24). An attempt that is published already only moves its cursor.
 */
export async function publishThenSave(
  attempts: readonly Attempt[],
  { publish, onPublished, moveCursors }: PublishAndSave,
): Promise<void> {
  const unsent = attempts.flatMap((attempt) => {
    return attempt.isPublished ? [] : attempt.messages.map((message) => ({ attempt, message }));
  });
  const errors = await publish(unsent.map(({ message }) => message));
  const notSent = new Set<Attempt>();
  const waiting = new Set<Attempt>();
  unsent.forEach(({ attempt }, index) => {
    const error = errors[index];
    if (!error) return markPublished(attempt);
    const notTaken = notTakenBy(error);
    if (notTaken) return void (markNotTaken(attempt, notTaken) || waiting.add(attempt));
    markNotSent(attempt, error);
    notSent.add(attempt);
  });
  if (notSent.size === 0) onPublished();
  await moveCursors(attempts.filter((attempt) => !notSent.has(attempt) && !waiting.has(attempt)));
}
