import { randomUUID } from "node:crypto";
import { type Message, PublishError } from "@beatx/core";
import { broken, skipping } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { memorySubject } from "./memory-broker.js";

export const brokenOutages: readonly BrokenPublisher[] = [
  {
    flaw: "needs the broker when it is opened",
    caughtBy: "a publisher opens and closes without the broker",
    subject: () => {
      let isAway = false;
      const subject = memorySubject();
      return {
        ...subject,
        open: async () => {
          if (isAway) throw new PublishError("the broker is away");
          return subject.open();
        },
        breakBroker: async () => {
          isAway = true;
          await subject.breakBroker();
        },
        repairBroker: async () => {
          isAway = false;
          await subject.repairBroker();
        },
      };
    },
  },
  broken(
    "reports success during an outage",
    "while the broker is unreachable a call ends in time and reports nothing as sent",
    (publisher, broker) => ({
      publish: async (messages, context) => {
        const answers = await publisher.publish(messages, context);
        return broker.isAway ? messages.map(() => undefined) : answers;
      },
    }),
  ),
  broken(
    "waits for the broker without a deadline",
    "while the broker is unreachable a call ends in time and reports nothing as sent",
    (publisher, broker) => ({
      publish: (messages, context) =>
        broker.isAway ? new Promise(() => undefined) : publisher.publish(messages, context),
    }),
  ),
  broken(
    "does not say that nothing was sent without a connection",
    "a client that never had a connection reports messages as certainly not sent",
    (publisher, broker) => ({
      publish: async (messages, context) => {
        if (broker.isAway) throw new PublishError("the broker is away");
        return publisher.publish(messages, context);
      },
    }),
  ),
  broken(
    "says that messages were not sent, and sends them later",
    "a message that is reported as certainly not sent during an outage does not arrive after it",
    (publisher, broker) => {
      const kept: Message[] = [];
      return {
        publish: async (messages, context) => {
          if (!broker.isAway) await publisher.publish(kept.splice(0), context);
          else kept.push(...messages);
          return publisher.publish(messages, context);
        },
      };
    },
  ),
  broken(
    "remembers a message as sent before the broker has it",
    "after an outage the same client sends the messages that it could not send before",
    (publisher) => {
      const tried = new Set<string>();
      return skipping(publisher, ({ id }) => tried.has(id) || !tried.add(id));
    },
  ),
  broken(
    "drops its messages when the broker goes away",
    "an outage during a burst loses nothing, and repeats nothing if `delivery` is exactly-once",
    (publisher) => ({
      publish: async (messages, context) => {
        const answers = await publisher.publish(messages, context);
        return answers.map((answer) => (String(answer).includes("is away") ? undefined : answer));
      },
    }),
  ),
  broken(
    "returns a mark although the broker is unreachable",
    "leaveMark rejects while the broker is unreachable and works again afterwards",
    () => ({
      outbox: { leaveMark: async () => ({ database: 0, key: "mark", value: randomUUID() }), writesFor: () => [] },
    }),
  ),
];
