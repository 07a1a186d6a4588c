import type { OutboxWrite, PublisherOutbox } from "../contract/publisher.js";
import { type Attempt, keepFirst } from "./attempt.js";
import type { MoveCursors } from "./move-cursors.js";

/** Characters of the messages that one move carries, unless its first message alone has more. */
const MOVE_SIZE = 1024 * 1024;

/**
 * Exactly once (class T): the store writes the messages into the queue in the same atomic step that moves the cursor
 * (R20). Messages of an attempt that do not fit into its move are due again at once.
 */
export async function sendInOneStep(
  attempts: readonly Attempt[],
  outbox: PublisherOutbox,
  moveCursors: MoveCursors,
): Promise<void> {
  for (const attempt of attempts) addWrites(attempt, outbox);
  const moved = attempts.filter(({ outcome }) => outcome.kind !== "failed");
  const sending = moved.filter(({ messages }) => messages.length > 0);
  await moveCursors(moved);
  // What an earlier run held up is skipped by a move of its own (R52).
  await moveCursors(sending.filter(({ notTaken, outcome }) => notTaken !== null && outcome.kind === "again"));
}

function addWrites(attempt: Attempt, outbox: PublisherOutbox): void {
  const writes: OutboxWrite[] = [];
  let size = 0;
  const { messages } = attempt;
  for (let index = 0; index < messages.length; index += 1) {
    try {
      const added = outbox.writesFor(messages[index]!);
      size += sizeOf(added);
      if (index > 0 && size > MOVE_SIZE) return carry(keepFirst(attempt, index), writes);
      writes.push(...added);
    } catch (error) {
      if (index > 0) return carry(keepFirst(attempt, index), writes);
      attempt.outcome = { kind: "failed", error };
      return;
    }
  }
  carry(attempt, writes);
}

function carry(attempt: Attempt, writes: readonly OutboxWrite[]): void {
  if (writes.length === 0) return;
  // Each field by its name: copying all of them takes several times as long.
  const { name, from, to, dueAt, definitionRevision, record } = attempt.move;
  attempt.move = { name, from, to, dueAt, definitionRevision, record, outbox: writes };
}

function sizeOf(writes: readonly OutboxWrite[]): number {
  let size = 0;
  for (const { value } of writes) size += value.length;
  return size;
}
