import type { Message, PublishContext, Publisher } from "@beatx/core";
import { type OutboxHold, PublishError } from "@beatx/core/adapter";
import type { Holds } from "./holds.js";
import type { OverlapKeys } from "../message/overlap.js";

type Answers = readonly (Error | undefined)[];

/** A message of an entry whose runs must not overlap, and its index in the batch. */
interface Held {
  readonly index: number;
  readonly message: Message;
  readonly hold: OutboxHold;
}

/**
 * The publisher, which takes the key of an entry whose runs must not overlap before it sends (R52). A key whose message was
 * certainly not sent is given back. Other messages do not wait for keys.
 */
export function keepApart(publisher: Publisher, holds: Holds, keyOf: OverlapKeys): Publisher {
  /** An error for each message instead of a rejection. */
  const send: Send = async (messages, context) => {
    if (messages.length === 0) return [];
    return publisher.publish(messages, context).catch((error: unknown) => messages.map(() => error as Error));
  };
  return {
    ...publisher,
    skipsOverlap: true,
    async publish(messages, context) {
      const { free, held } = split(messages, keyOf);
      if (held.length === 0) return publisher.publish(messages, context);
      const others = free.map((index) => messages[index]!);
      const [ofFree, ofHeld] = await Promise.all([send(others, context), sendHeld(holds, send, held, context)]);
      const answers: (Error | undefined)[] = messages.map(() => undefined);
      free.forEach((index, position) => (answers[index] = ofFree[position]));
      held.forEach(({ index }, position) => (answers[index] = ofHeld[position]));
      return answers;
    },
    async checkHealth(context) {
      const [ofBroker, ofHolds] = await Promise.all([publisher.checkHealth?.(context), holds.check(context.signal)]);
      return [...(ofBroker ?? []), ...ofHolds];
    },
    async close() {
      await Promise.all([publisher.close(), holds.close()]);
    },
  };
}

type Send = (messages: readonly Message[], context: PublishContext) => Promise<Answers>;

async function sendHeld(holds: Holds, send: Send, held: readonly Held[], context: PublishContext): Promise<Answers> {
  const keys = held.map(({ hold }) => hold);
  const taken = await holds.take(keys, context.signal);
  const answers: (Error | undefined)[] = taken.map((one) => ("error" in one ? one.error : undefined));
  const positions = [...held.keys()].filter((position) => !answers[position]);
  const messages = positions.map((position) => held[position]!.message);
  const given = await send(messages, context);
  const unsent: OutboxHold[] = [];
  let attempt: string | null = null;
  positions.forEach((position, index) => {
    answers[position] = given[index];
    const one = taken[position]!;
    if (!PublishError.isNotSent(given[index]) || "error" in one || one.attempt === null) return;
    unsent.push(keys[position]!);
    attempt = one.attempt;
  });
  if (attempt !== null) await holds.release(unsent, attempt);
  return answers;
}

function split(
  messages: readonly Message[],
  keyOf: OverlapKeys,
): { readonly free: readonly number[]; readonly held: readonly Held[] } {
  const free: number[] = [];
  const held: Held[] = [];
  for (const [index, message] of messages.entries()) {
    const key = keyOf(message);
    if (key === undefined || !message.overlap) free.push(index);
    else held.push({ index, message, hold: { key, value: message.id, ttlMs: message.overlap.ttlMs } });
  }
  return { free, held };
}
