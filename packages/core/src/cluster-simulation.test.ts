/**
 * A whole cluster in one process on one clock, with faults drawn from a seed: commands that fail before or after they were
 * carried out, commands that take long, nodes that freeze and wake up, leases that vanish, a store that pauses. What the
 * protocol promises is checked on the queue (I1, I2, I3). A failing seed is named and repeats its run.
 */

import { dummyPublisher, type DummyMethod, type DummyStore, dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { createBeat } from "./beat.js";
import type { Clock, Timer } from "./clock.js";
import type { EntryInput } from "./entry.js";
import type { Message, Publisher } from "./publisher.js";
import { FakeClock, recordingPublisher, silentLogger } from "./testing.js";

const SEEDS = 60;
const START = Date.parse("2030-01-01T00:00:00Z");
const TTL = 3_000;
const METHODS: readonly DummyMethod[] = [
  "acquireLock",
  "renewLock",
  "advance",
  "getSchedule",
  "getRevision",
  "setSchedule",
];
const SCHEDULE: Record<string, EntryInput> = {
  fast: { task: "t.fast", schedule: "700ms", missed: "all", maxCatchUp: 1_000 },
  slow: { task: "t.slow", schedule: "5s", missed: "all", maxCatchUp: 1_000 },
  cron: { task: "t.cron", schedule: "* * * * *", missed: "all", maxCatchUp: 1_000 },
};

type Sent = Pick<Message, "id" | "entry" | "scheduledAt" | "fence">;

/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The clock as one node sees it: its wall clock is wrong by some ms, and while the node is frozen its timers wait. */
class NodeClock implements Clock {
  readonly #clock: FakeClock;
  readonly #skewMs: number;
  #frozenUntil = 0;

  constructor(clock: FakeClock, skewMs: number) {
    this.#clock = clock;
    this.#skewMs = skewMs;
  }

  freeze(ms: number): void {
    this.#frozenUntil = this.monotonicMs() + ms;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    let timer = this.#clock.setTimer(() => {
      const wait = this.#frozenUntil - this.monotonicMs();
      if (wait > 0) timer = this.#clock.setTimer(callback, wait);
      else callback();
    }, delayMs);
    return { cancel: () => timer.cancel() };
  }
}

interface Run {
  readonly sent: readonly Sent[];
  readonly endedAt: number;
  readonly leaders: number;
}

async function simulate(seed: number, sharesStep: boolean): Promise<Run> {
  const random = seeded(seed);
  const clock = new FakeClock(START);
  const name = `simulation-${sharesStep}-${seed}`;
  const inStep = dummyPublisher({ name, clock });
  const plain = recordingPublisher();
  const publisher: Publisher = sharesStep ? inStep : plain;
  const nodes = Array.from({ length: 3 }, () => {
    const store = dummyStore({ name, clock, commandTimeoutMs: 400 });
    const nodeClock = new NodeClock(clock, Math.round((random() - 0.5) * 4_000));
    const beat = createBeat({
      store,
      publisher,
      clock: nodeClock,
      schedule: SCHEDULE,
      lockTtlMs: TTL,
      publishTimeoutMs: 500,
      commandTimeoutMs: 400,
      logger: silentLogger,
      random,
    });
    return { store, nodeClock, beat };
  });
  let leaders = 0;
  for (const { beat } of nodes) beat.on("leader", () => leaders++);
  await Promise.all(nodes.map(({ beat }) => beat.start()));
  while (clock.now() < START + 120_000) {
    await clock.advance(random() * 1_500);
    disturb(nodes[Math.floor(random() * nodes.length)]!, random);
  }
  for (const { store } of nodes) for (const method of METHODS) store.delay(method, 0);
  nodes[0]!.store.resume();
  await clock.advance(70_000);
  const stopping = nodes.map(({ beat }) => beat.stop());
  await clock.advance(10_000);
  await Promise.all(stopping);
  const sent: readonly Sent[] = sharesStep ? inStep.messages() : plain.messages;
  return { sent, endedAt: START + 180_000, leaders };
}

function disturb({ store, nodeClock }: { store: DummyStore; nodeClock: NodeClock }, random: () => number): void {
  const method = METHODS[Math.floor(random() * METHODS.length)]!;
  const fault = random();
  if (fault < 0.25) store.failNext(method, { after: random() < 0.5 });
  else if (fault < 0.4) store.delay(method, random() * 600);
  else if (fault < 0.5) for (const each of METHODS) store.delay(each, 0);
  else if (fault < 0.65) nodeClock.freeze(random() * 3 * TTL);
  else if (fault < 0.7) store.expireLock();
  else if (fault < 0.75) store.pause();
  else if (fault < 0.9) store.resume();
}

function instantsByEntry(sent: readonly Sent[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { entry, scheduledAt } of sent) found.set(entry, [...(found.get(entry) ?? []), scheduledAt]);
  return found;
}

/** Every instant of an interval from its first message on. */
function expected(first: number, everyMs: number, until: number): number[] {
  const all: number[] = [];
  for (let instant = first; instant <= until; instant += everyMs) all.push(instant);
  return all;
}

const PERIODS = { fast: 700, slow: 5_000, cron: 60_000 };

describe("a cluster under faults", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    "seed %i: one step for message and cursor sends each occurrence exactly once",
    async (seed) => {
      const { sent, endedAt, leaders } = await simulate(seed, true);
      expect(leaders).toBeGreaterThan(3);
      const fences = sent.map(({ fence }) => fence);
      expect(fences).toEqual([...fences].sort((a, b) => a - b));
      for (const [entry, everyMs] of Object.entries(PERIODS)) {
        const instants = instantsByEntry(sent).get(entry) ?? [];
        expect(instants.filter((instant) => instant <= endedAt)).toEqual(expected(instants[0]!, everyMs, endedAt));
      }
    },
  );

  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    "seed %i: a plain broker gets each occurrence at least once, with one id",
    async (seed) => {
      const { sent, endedAt } = await simulate(seed, false);
      const ids = new Map<string, string>();
      for (const { id, entry, scheduledAt } of sent) {
        const occurrence = `${entry} ${scheduledAt}`;
        expect(ids.get(occurrence) ?? id).toBe(id);
        ids.set(occurrence, id);
      }
      expect(new Set(ids.values()).size).toBe(ids.size);
      for (const [entry, everyMs] of Object.entries(PERIODS)) {
        const instants = new Set(instantsByEntry(sent).get(entry));
        const missing = expected(Math.min(...instants), everyMs, endedAt).filter((instant) => !instants.has(instant));
        expect(missing).toEqual([]);
      }
    },
  );
});
