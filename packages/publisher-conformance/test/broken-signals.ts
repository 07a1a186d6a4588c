import { broken, neverAborted } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { toReceived } from "./memory-broker.js";

export const brokenSignals: readonly BrokenPublisher[] = [
  broken("ignores the signal", "nothing is sent when the signal is already aborted", (publisher) => ({
    publish: (messages) => publisher.publish(messages, { signal: neverAborted }),
  })),
  broken(
    "rejects at an abort but goes on sending",
    "a batch that is aborted halfway ends, and nothing of it is sent later",
    (publisher, broker) => ({
      publish: async (messages, context) => {
        void (async () => {
          for (const message of messages) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            await broker.put(toReceived(message));
          }
        })();
        await Promise.resolve();
        context.signal.throwIfAborted();
        return publisher.publish(messages, { signal: neverAborted });
      },
    }),
  ),
  broken("aborts all batches when one is aborted", "aborting one batch does not stop another", (publisher) => {
    const shared = new AbortController();
    return {
      publish: (messages, context) => {
        context.signal.addEventListener("abort", () => shared.abort());
        return publisher.publish(messages, { signal: AbortSignal.any([context.signal, shared.signal]) });
      },
    };
  }),
  broken(
    "obeys the signal of the previous batch",
    "a signal that is aborted after the answer has no effect, and the next batch is sent",
    (publisher) => {
      let last = neverAborted;
      return {
        publish: (messages, context) => {
          const signal = AbortSignal.any([last, context.signal]);
          last = context.signal;
          return publisher.publish(messages, { signal });
        },
      };
    },
  ),
];
