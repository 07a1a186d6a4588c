import { BeatxError, type Message } from "@beatx/core";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import type { Flaw } from "./memory-broker.js";

/** Sends changed messages where their runs must not overlap. */
const changing =
  (change: (message: Message) => Message): Flaw =>
  (publisher) => ({ publish: (messages, context) => publisher.publish(messages.map(change), context) });

const without = ({ overlap: _, ...message }: Message): Message => message;

export const brokenOverlaps: readonly BrokenPublisher[] = [
  broken(
    "sends whatever an earlier message does",
    "a message is not taken while an earlier one of its entry has not ended, and is afterwards",
    changing(without),
  ),
  broken(
    "reports what is held up as sent",
    "a message is not taken while an earlier one of its entry has not ended, and is afterwards",
    (publisher) => ({
      publish: async (messages, context) => {
        const answers = await publisher.publish(messages, context);
        return answers.map((answer) => (BeatxError.hasCode(answer, "OVERLAP") ? undefined : answer));
      },
    }),
  ),
  broken(
    "never learns that a run has ended",
    "a message is not taken while an earlier one of its entry has not ended, and is afterwards",
    (publisher, { holds }) => ({
      publish: async (messages, context) => {
        const ended = new Map(holds.ended);
        for (const [key, hold] of ended) holds.current.set(key, hold);
        return publisher.publish(messages, context);
      },
    }),
  ),
  broken(
    "holds up a message by itself",
    "a message that is sent again is not held up by itself",
    (publisher, { isHeldUp }) => ({
      publish: async (messages, context) => {
        const [message] = messages;
        if (message && isHeldUp({ ...message, id: "another" }))
          return publisher.publish([{ ...message, id: "other" }], context);
        return publisher.publish(messages, context);
      },
    }),
  ),
  broken(
    "does not ask for requested runs",
    "a message holds up a requested run of its entry in the same batch, and the other way round",
    changing((message) => (message.requested ? without(message) : message)),
  ),
  broken(
    "keeps the runs of two namespaces apart from each other",
    "the same entry of another namespace is not held up",
    changing((message) => ({ ...message, namespace: "one" })),
  ),
  broken(
    "ends the hold at once",
    "a message that never ends holds up others for ttlMs, and no longer",
    changing((message) => (message.overlap ? { ...message, overlap: { policy: "skip", ttlMs: 1 } } : message)),
  ),
  broken(
    "holds for ever",
    "a message that never ends holds up others for ttlMs, and no longer",
    changing((message) => (message.overlap ? { ...message, overlap: { policy: "skip", ttlMs: 1e9 } } : message)),
  ),
  broken(
    "leaves the condition out of its writes",
    "the writes of a message name the key that holds up the others, and its own id",
    ({ outbox }) => ({ outbox: { ...outbox, writesFor: (message) => outbox.writesFor(without(message)) } }),
  ),
];
