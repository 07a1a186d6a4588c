import type { PublisherOutbox } from "../contract/publisher.js";
import type { Attempt } from "./attempt.js";
import type { MoveCursors } from "./move-cursors.js";

/** Exactly once (class T): the store writes the message into the queue in the same atomic step that moves the cursor (R20). */
export async function sendInOneStep(
  attempts: readonly Attempt[],
  outbox: PublisherOutbox,
  moveCursors: MoveCursors,
): Promise<void> {
  for (const attempt of attempts) addWrites(attempt, outbox);
  await moveCursors(attempts.filter(({ outcome }) => outcome.kind !== "failed"));
}

function addWrites(attempt: Attempt, outbox: PublisherOutbox): void {
  const { message, move } = attempt;
  if (!message) return;
  try {
    attempt.move = { ...move, outbox: outbox.writesFor(message) };
  } catch (error) {
    attempt.outcome = { kind: "failed", error };
  }
}
