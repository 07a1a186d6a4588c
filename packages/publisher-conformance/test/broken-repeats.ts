import { randomUUID } from "node:crypto";
import { BeatxError, type Publisher } from "@beatx/core";
import type { ReceivedMessage } from "../src/index.js";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { toReceived } from "./memory-broker.js";
import type { Flaw } from "./memory-broker.js";

/** Puts copies into the queue without comparing them. */
const putting =
  (copy: (message: ReceivedMessage, time: number) => ReceivedMessage, delivery: Publisher["delivery"]): Flaw =>
  (_publisher, { queue }) => {
    let time = 0;
    return {
      delivery,
      publish: async (messages) => {
        time += 1;
        queue.push(...messages.map((message) => copy(toReceived(message), time)));
        return messages.map(() => undefined);
      },
    };
  };

export const brokenRepeats: readonly BrokenPublisher[] = [
  broken(
    "declares exactly-once and does not compare",
    "a message that is sent again arrives once, or as copies with one id, as `delivery` says",
    putting((message) => message, "exactly-once"),
  ),
  broken(
    "gives each copy another id",
    "a message that is sent again arrives once, or as copies with one id, as `delivery` says",
    putting((message, time) => (time === 1 ? message : { ...message, id: randomUUID() }), "at-least-once"),
  ),
  broken(
    "compares only with messages of the same client",
    "a message that several clients send at once arrives once, or as copies with one id",
    (publisher, { queue }) => {
      const sent = new Set<string>();
      return {
        publish: async (messages, context) => {
          const fresh = messages.filter(({ id }) => !sent.has(id));
          for (const { id } of fresh) sent.add(id);
          queue.push(...fresh.map(toReceived));
          return (await publisher.publish([], context)).concat(messages.map(() => undefined));
        },
      };
    },
  ),
  broken(
    "reports a passed occurrence as sent",
    "an occurrence that a later one of its entry has passed is reported as passed, and does not arrive",
    (publisher) => ({
      publish: async (messages, context) => {
        const answers = await publisher.publish(messages, context);
        return answers.map((answer) => (BeatxError.hasCode(answer, "PASSED") ? undefined : answer));
      },
    }),
  ),
  broken(
    "does not compare requested runs",
    "a requested run that is sent again arrives once, or as copies with one id",
    (publisher, { queue }) => ({
      publish: async (messages, context) => {
        const requestedRuns = messages.filter(({ requested }) => requested);
        queue.push(...requestedRuns.map(toReceived));
        return publisher
          .publish(
            messages.filter(({ requested }) => !requested),
            context,
          )
          .then(() => messages.map(() => undefined));
      },
    }),
  ),
];
