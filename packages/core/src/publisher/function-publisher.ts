import { untilAborted } from "../base/deadline.js";
import {
  type Message,
  type PublishContext,
  type Publisher,
  PUBLISHER_CONTRACT,
  type PublishFunction,
} from "../contract/publisher.js";

/** So many calls of the function run at a time. */
const CONCURRENCY = 100;

/** A publisher that calls a function once per message; one that rejects keeps only its own message back. */
export function functionPublisher(publish: PublishFunction): Publisher {
  return {
    contract: PUBLISHER_CONTRACT,
    name: "function",
    delivery: "at-least-once",
    async publish(messages, context) {
      const errors: (Error | undefined)[] = new Array<undefined>(messages.length).fill(undefined);
      const waiting = messages.entries();
      const work = async (): Promise<void> => {
        for (const [index, message] of waiting) errors[index] = await callOnce(publish, message, context);
      };
      await Promise.all(Array.from({ length: Math.min(CONCURRENCY, messages.length) }, work));
      return errors;
    },
    close: () => Promise.resolve(),
  };
}

async function callOnce(
  publish: PublishFunction,
  message: Message,
  context: PublishContext,
): Promise<Error | undefined> {
  try {
    context.signal.throwIfAborted();
    // In plain JavaScript it may answer anything.
    await untilAborted(Promise.resolve(publish(message, context)), context.signal);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
