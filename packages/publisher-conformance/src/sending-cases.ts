import assert from "node:assert/strict";
import { casesOf, type CaseContext, type PublisherCase } from "./publisher-case.js";
import { assertOnce, publish, send } from "./sending.js";

/** More than one batch of most brokers holds. */
const MANY = 700;

const MINUTE_MS = 60_000;

function makeMany(makeMessage: CaseContext["makeMessage"], count: number): ReturnType<typeof makeMessage>[] {
  return Array.from({ length: count }, () => makeMessage());
}

/** Messages that are reported as sent arrive. */
export const sendingCases: readonly PublisherCase[] = casesOf("sending", [
  {
    name: "an empty batch returns an empty list",
    async run({ publisher }) {
      assert.deepEqual(await publish(publisher, []), []);
    },
  },
  {
    name: "a message that is reported as sent arrives once",
    async run({ publisher, subject, makeMessage }) {
      const message = makeMessage();
      await send(publisher, message);
      await assertOnce(subject, [message]);
    },
  },
  {
    name: "every message of a batch of several hundred arrives once",
    async run({ publisher, subject, makeMessage }) {
      const messages = makeMany(makeMessage, MANY);
      await send(publisher, ...messages);
      await assertOnce(subject, messages);
    },
  },
  {
    name: "simultaneous batches do not disturb each other",
    async run({ publisher, subject, makeMessage }) {
      const batches = Array.from({ length: 8 }, () => makeMany(makeMessage, 25));
      await Promise.all(batches.map((batch) => send(publisher, ...batch)));
      await assertOnce(subject, batches.flat());
    },
  },
  {
    name: "successive occurrences of one entry all arrive",
    async run({ publisher, subject, makeMessage }) {
      const first = makeMessage();
      const { entry, templateKey, scheduledAt } = first;
      const later = [1, 2].map((minutes) =>
        makeMessage({ entry, templateKey, scheduledAt: scheduledAt + minutes * MINUTE_MS }),
      );
      for (const message of [first, ...later]) await send(publisher, message);
      await assertOnce(subject, [first, ...later]);
    },
  },
  {
    name: "a requested run is sent, whatever occurrences of its entry are sent before and after it",
    async run({ publisher, subject, makeMessage }) {
      const occurrence = makeMessage();
      const { entry, scheduledAt } = occurrence;
      const before = makeMessage({ entry, requested: true, scheduledAt: scheduledAt - MINUTE_MS });
      const ahead = makeMessage({ entry, requested: true, scheduledAt: scheduledAt + 2 * MINUTE_MS });
      const next = makeMessage({ entry, scheduledAt: scheduledAt + MINUTE_MS });
      for (const message of [occurrence, before, ahead, next]) await send(publisher, message);
      await assertOnce(subject, [occurrence, before, ahead, next]);
    },
  },
  {
    name: "a message is sent whether or not it expires or stands for missed occurrences",
    async run({ publisher, subject, makeMessage }) {
      const expiring = makeMessage();
      const messages = [
        makeMessage({ expiresAt: expiring.scheduledAt + 60 * MINUTE_MS }),
        makeMessage({ coalesced: 7 }),
        expiring,
      ];
      await send(publisher, ...messages);
      await assertOnce(subject, messages);
    },
  },
]);
