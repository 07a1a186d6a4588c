import type { Message } from "@beatx/core";
import { broken, skipping } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { toReceived } from "./memory-broker.js";

export const brokenSends: readonly BrokenPublisher[] = [
  broken("returns undefined for an empty batch", "an empty batch returns an empty list", (publisher) => ({
    publish: async (messages, context) =>
      messages.length === 0 ? (undefined as unknown as []) : publisher.publish(messages, context),
  })),
  broken("reports a message as sent and never sends it", "a message that is reported as sent arrives once", () => ({
    publish: async (messages) => messages.map(() => undefined),
  })),
  broken("sends everything twice", "a message that is reported as sent arrives once", (publisher, { queue }) => ({
    publish: async (messages, context) => {
      const answers = await publisher.publish(messages, context);
      queue.push(...messages.filter((_message, index) => !answers[index]).map(toReceived));
      return answers;
    },
  })),
  broken(
    "sends only the first messages of a large batch",
    "every message of a batch of several hundred arrives once",
    (publisher) => ({
      publish: async (messages, context) => {
        await publisher.publish(messages.slice(0, 500), context);
        return messages.map(() => undefined);
      },
    }),
  ),
  broken(
    "returns answers for the first messages only",
    "every message of a batch of several hundred arrives once",
    (publisher) => ({
      publish: (messages, context) => publisher.publish(messages.slice(0, 500), context),
    }),
  ),
  broken("mixes up simultaneous batches", "simultaneous batches do not disturb each other", (publisher) => {
    let inHand: readonly Message[] = [];
    return {
      publish: async (messages, context) => {
        inHand = messages;
        await Promise.resolve();
        return publisher.publish(inHand, context);
      },
    };
  }),
  broken("sends only one occurrence of an entry", "successive occurrences of one entry all arrive", (publisher) => {
    const seen = new Set<string>();
    return skipping(publisher, ({ entry }) => seen.has(entry) || !seen.add(entry));
  }),
  broken(
    "compares the instants of requested runs",
    "a requested run is sent, whatever occurrences of its entry are sent before and after it",
    (publisher) => {
      const last = new Map<string, number>();
      return skipping(publisher, ({ entry, scheduledAt }) => {
        const passed = (last.get(entry) ?? 0) >= scheduledAt;
        if (!passed) last.set(entry, scheduledAt);
        return passed;
      });
    },
  ),
  broken(
    "drops messages that stand for missed occurrences",
    "a message is sent whether or not it expires or stands for missed occurrences",
    (publisher) => skipping(publisher, ({ coalesced }) => coalesced > 0),
  ),
];
