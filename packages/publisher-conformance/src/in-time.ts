import assert from "node:assert/strict";
import { systemClock, type Publisher } from "@beatx/core";
import type { PublisherUnderTest } from "./publisher-case.js";

/** Waits end with events; this only stops one that would never end. */
const DEFAULT_PATIENCE_MS = 60_000;

export function patienceOf({ patienceMs = DEFAULT_PATIENCE_MS }: PublisherUnderTest): number {
  return patienceMs;
}

/** Fails when the work does not end in time: every call of a publisher has a deadline. */
export function inTime<T>(subject: PublisherUnderTest, what: string, work: Promise<T>): Promise<T> {
  const patienceMs = patienceOf(subject);
  return new Promise((resolve, reject) => {
    const timer = systemClock.setTimer(() => {
      reject(new assert.AssertionError({ message: `${what} did not end within ${patienceMs} ms` }));
    }, patienceMs);
    void work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** The same publisher, except that each call fails if it does not end in time. */
export function makeImpatient(subject: PublisherUnderTest, publisher: Publisher): Publisher {
  const { contract, name, delivery, outbox, skipsOverlap } = publisher;
  return {
    contract,
    name,
    delivery,
    ...(skipsOverlap !== undefined && { skipsOverlap }),
    publish: (messages, context) => inTime(subject, "publish", publisher.publish(messages, context)),
    ...(publisher.checkHealth && {
      checkHealth: (context) => inTime(subject, "checkHealth", publisher.checkHealth!(context)),
    }),
    close: () => inTime(subject, "close", publisher.close()),
    ...(outbox && {
      outbox: {
        leaveMark: () => inTime(subject, "leaveMark", outbox.leaveMark()),
        writesFor: (message) => outbox.writesFor(message),
      },
    }),
  };
}
