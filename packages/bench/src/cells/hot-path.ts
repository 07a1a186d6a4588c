import type { Publisher, Store } from "@beatx/core";
import type { ScheduleReading } from "@beatx/core/adapter";
import { FakeClock } from "@beatx/core/testing";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { dummyStore } from "@beatx/store-dummy";
import { medianOf } from "../base/statistics.js";
import { collectGarbage } from "../base/garbage.js";
import { Stopwatch } from "../base/time.js";
import { benchBeat, tickUntilLeading } from "./bench-beat.js";
import type { Cell } from "./cell.js";
import { every, nameOf, NAMESPACE } from "./sample.js";
import { type StoredTexts, storedTexts } from "./stored-texts.js";

const EVERY_MS = 3_600_000;
const TTL_MS = 2 * EVERY_MS;
const TOGETHER = 500;
/** At least so many messages are sent, in as many bursts as that takes: few entries get as warm as many. */
const MESSAGES = 100_000;
const MIN_BURSTS = 4;
/** What is kept of an entry between its messages is made with the first two of them. */
const WARM_UP_BURSTS = 2;
/** Garbage of the waiting time before a burst is not part of its CPU. */
const MESSAGES_PER_COLLECTION = 20_000;

/**
 * CPU of a message with no server: what is due, its decision, its message as text and its cursor, which a store in memory
 * takes without a look. All `entries` are due at each instant of a fake clock.
 */
export const hotPath: Cell = async (options) => {
  const { entries } = options;
  const clock = new FakeClock(Math.floor(Date.now() / EVERY_MS) * EVERY_MS);
  const taken = { count: 0 };
  const store = agreeingStore(clock, entries, await storedTexts(() => every(EVERY_MS)), taken);
  const bench = benchBeat({
    store,
    publisher: unconnectedPublisher(),
    clock,
    lockTtlMs: TTL_MS,
    maxLoopIntervalMs: 1_000,
  });
  await tickUntilLeading(bench);
  const costs: number[] = [];
  const burstsPerCollection = Math.ceil(MESSAGES_PER_COLLECTION / entries);
  for (let burst = 0; burst < MIN_BURSTS || burst * entries < MESSAGES; burst++) {
    await clock.advance(EVERY_MS / 2);
    await bench.beat.tick();
    await clock.advance(EVERY_MS / 2);
    taken.count = 0;
    if (burst % burstsPerCollection === 0) collectGarbage();
    const watch = new Stopwatch();
    while (taken.count < entries) await bench.beat.tick();
    costs.push(watch.cpuUs / taken.count);
  }
  await bench.beat.stop();
  return { values: { cpuUs: medianOf(costs.slice(WARM_UP_BURSTS)), firstCpuUs: costs[0]! }, said: bench.log.lines };
};

/** A store in memory that has `entries` definitions and lets every cursor move. The lock is that of the dummy store. */
function agreeingStore(clock: FakeClock, entries: number, texts: StoredTexts, taken: { count: number }): Store {
  const store = dummyStore({ namespace: NAMESPACE, clock });
  return {
    ...store,
    async getSchedule(since): Promise<ScheduleReading> {
      const revision = await store.getRevision();
      return since === undefined
        ? { revision, complete: true, batches: definitions(entries, texts) }
        : { revision, complete: false, batches: definitions(0, texts) };
    },
    async advance(_lease, moves) {
      taken.count += moves.length;
      return moves.map(() => ({ status: "done" as const }));
    },
    reachesOutbox: async () => true,
  };
}

async function* definitions(count: number, { definition }: StoredTexts): ScheduleReading["batches"] {
  for (let from = 0; from < count; from += TOGETHER) {
    const indexes = Array.from({ length: Math.min(TOGETHER, count - from) }, (_, index) => from + index);
    yield indexes.map((index) => ({ name: nameOf(index), definition: definition(index), revision: "1", cursor: null }));
  }
}

/** The Celery publisher with messages as text, and no connection. */
function unconnectedPublisher(): Publisher {
  const publisher = celeryRedisPublisher({ uri: "celery+redis://127.0.0.1:1/0" });
  const leaveMark = async (): Promise<{ database: number; key: string; value: string }> => ({
    database: 0,
    key: "mark",
    value: "mark",
  });
  return { ...publisher, checkHealth: async () => [], outbox: { ...publisher.outbox!, leaveMark } };
}
