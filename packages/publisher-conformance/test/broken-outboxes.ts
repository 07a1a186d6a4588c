import { randomUUID } from "node:crypto";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { toReceived } from "./memory-broker.js";

export const brokenOutboxes: readonly BrokenPublisher[] = [
  broken("returns another mark than it sets", "a mark is where leaveMark says, and expires soon", ({ outbox }) => ({
    outbox: { ...outbox, leaveMark: async () => ({ ...(await outbox.leaveMark()), value: "another" }) },
  })),
  broken(
    "sets marks that stay for a day",
    "a mark is where leaveMark says, and expires soon",
    ({ outbox }, { marks }) => ({
      outbox: {
        ...outbox,
        leaveMark: async () => {
          const mark = await outbox.leaveMark();
          marks.set(mark.key, { value: mark.value, expiresInMs: 86_400_000 });
          return mark;
        },
      },
    }),
  ),
  broken("sets the same mark each time", "no two marks are the same, not even of two clients", ({ outbox }) => ({
    outbox: { ...outbox, leaveMark: async () => ({ database: 0, key: "mark", value: "always" }) },
  })),
  broken(
    "pushes the writes itself",
    "writesFor sends nothing, and can be called again for the same message",
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
    "writesFor sends nothing, and can be called again for the same message",
    ({ outbox }) => ({
      outbox: { ...outbox, writesFor: (message) => outbox.writesFor({ ...message, id: randomUUID() }) },
    }),
  ),
  broken("pushes without the kwargs", "carrying out the writes sends the whole message", ({ outbox }) => ({
    outbox: { ...outbox, writesFor: (message) => outbox.writesFor({ ...message, kwargs: {} }) },
  })),
  broken("caches the writes by the entry", "messages that share a template have writes of their own", ({ outbox }) => {
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
  }),
  broken(
    "returns writes for a message that it refuses to publish",
    "writesFor throws for a message that can never be sent",
    ({ outbox }) => ({
      outbox: { ...outbox, writesFor: (message) => outbox.writesFor({ ...message, options: {} }) },
    }),
  ),
];
