import { randomUUID } from "node:crypto";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { toReceived } from "./memory-broker.js";

export const brokenOutboxes: readonly BrokenPublisher[] = [
  broken("names another mark than it leaves", "a mark lies where it says, and not for long", ({ outbox }) => ({
    outbox: { ...outbox, leaveMark: async () => ({ ...(await outbox.leaveMark()), value: "another" }) },
  })),
  broken("leaves marks for a day", "a mark lies where it says, and not for long", ({ outbox }, { marks }) => ({
    outbox: {
      ...outbox,
      leaveMark: async () => {
        const mark = await outbox.leaveMark();
        marks.set(mark.key, { value: mark.value, expiresInMs: 86_400_000 });
        return mark;
      },
    },
  })),
  broken("leaves the same mark each time", "the marks of two clients are told apart", ({ outbox }) => ({
    outbox: { ...outbox, leaveMark: async () => ({ database: 0, key: "mark", value: "always" }) },
  })),
  broken(
    "pushes by itself",
    "asking for the writes of a message sends nothing, and those asked for again are as good",
    ({ outbox }, { queue }) => ({
      outbox: {
        ...outbox,
        writesFor: (message) => {
          queue.push(toReceived(message));
          return outbox.writesFor(message);
        },
      },
    }),
  ),
  broken(
    "writes another id each time",
    "asking for the writes of a message sends nothing, and those asked for again are as good",
    ({ outbox }) => ({
      outbox: { ...outbox, writesFor: (message) => outbox.writesFor({ ...message, id: randomUUID() }) },
    }),
  ),
  broken(
    "pushes without the kwargs",
    "the writes, carried out, send the message with all that belongs to it",
    ({ outbox }) => ({
      outbox: { ...outbox, writesFor: (message) => outbox.writesFor({ ...message, kwargs: {} }) },
    }),
  ),
  broken(
    "keeps the writes of an entry",
    "the writes of messages that share a template are not mixed up",
    ({ outbox }) => {
      const kept = new Map<string, ReturnType<typeof outbox.writesFor>>();
      return {
        outbox: {
          ...outbox,
          writesFor: (message) => {
            const writes = kept.get(message.entry) ?? outbox.writesFor(message);
            kept.set(message.entry, writes);
            return writes;
          },
        },
      };
    },
  ),
  broken(
    "pushes what it would refuse to publish",
    "the writes of a message that can never be sent are refused",
    ({ outbox }) => ({
      outbox: { ...outbox, writesFor: (message) => outbox.writesFor({ ...message, options: {} }) },
    }),
  ),
];
