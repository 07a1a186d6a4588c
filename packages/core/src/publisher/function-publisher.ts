import { untilAborted } from "../base/deadline.js";
import { PublishError } from "../base/errors.js";
import {
  type Message,
  type PublishContext,
  type Publisher,
  PUBLISHER_CONTRACT,
  type PublishFunction,
} from "../contract/publisher.js";
import { ownCopy } from "./own-copy.js";

/** The maximum number of calls that run at the same time. */
const CONCURRENCY = 100;

/** A publisher that calls a function once per message. A call that rejects does not affect other messages. */
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
  const { signal } = context;
  if (signal.aborted) {
    return new PublishError("not sent: the batch was called off", { cause: signal.reason, notSent: true });
  }
  try {
    // In plain JavaScript the function may return anything, not only a promise.
    await untilAborted(Promise.resolve(publish(ownCopy(message), context)), signal);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
