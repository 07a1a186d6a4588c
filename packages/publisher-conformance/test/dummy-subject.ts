import { randomUUID } from "node:crypto";
import { type Publisher, systemClock } from "@beatx/core";
import { isLease, type OutboxWrite } from "@beatx/core/adapter";
import { FakeClock } from "@beatx/core/testing";
import { dummyPublisher, dummyStore } from "@beatx/store-dummy";
import type { PublisherUnderTest } from "../src/index.js";
import { toReceived } from "./memory-broker.js";

const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;

/** The dummy publisher. A dummy store carries out the writes of its outbox. */
export function dummySubject(): PublisherUnderTest {
  const [name, clock] = [`publisher-conformance-${randomUUID()}`, new FakeClock()];
  const store = dummyStore({ name, clock });
  const open = () => dummyPublisher({ name, clock });
  let askedAtMs = systemClock.monotonicMs();

  /** With each batch as much time has passed by the fake clock as by the system's. */
  async function openInTime(): Promise<Publisher> {
    const publisher = open();
    return {
      ...publisher,
      publish: async (messages, context) => {
        const now = systemClock.monotonicMs();
        const passedMs = now - askedAtMs;
        askedAtMs = now;
        await clock.advance(passedMs);
        return publisher.publish(messages, context);
      },
    };
  }

  async function push(write: OutboxWrite): Promise<void> {
    const entry = randomUUID();
    const [created] = await store.setSchedule([{ name: entry, definition: "{}", expectedRevision: null }]);
    const lease = await store.acquireLock({ token: "a", ttlMs: HOUR_MS, label: "a" });
    if (created?.status !== "done" || !isLease(lease)) throw new Error("no entry or no lease");
    const move = { name: entry, from: null, to: "1", definitionRevision: created.revision, dueAt: 0, outbox: [write] };
    const [result] = await store.advance(lease, [move]);
    if (result?.status !== "done") throw new Error(`the write was not made: ${JSON.stringify(result)}`);
  }

  return {
    open: openInTime,
    received: async () =>
      open()
        .messages()
        .map((message) => toReceived({ ...message, templateKey: {} })),
    endRun: async (id) => open().endRun(id),
    outbox: {
      push,
      async readMark(mark) {
        let expiresInMs = 0;
        while (expiresInMs <= HOUR_MS && (await store.reachesOutbox(mark))) {
          await clock.advance(SECOND_MS);
          expiresInMs += SECOND_MS;
        }
        return expiresInMs === 0 ? null : { value: mark.value, expiresInMs };
      },
    },
  };
}
