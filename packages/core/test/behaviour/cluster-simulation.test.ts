/**
 * A cluster in one process on one clock, with random faults: commands that fail before or after their execution, slow
 * commands, nodes that freeze, wake up and restart, leases that vanish, a store that pauses, a broker that loses requests
 * and replies. The guarantees of the protocol are checked on the queue (I1, I2, I3). The seed of a failed run is in the
 * test's name, and repeats the run.
 */

import { type DummyMethod, dummyPublisher, dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import type { EntryView } from "../../src/client/entry-view.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import type { EntryInput } from "../../src/entry/entry.js";
import type { BeatOptions } from "../../src/node/options.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { seeded } from "@beatx/test-servers/seeded";
import { NodeClock, SimulatedNode } from "../simulated-node.js";

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
  "reachesOutbox",
];
const SCHEDULE: Record<string, EntryInput> = {
  fast: { task: "t.fast", schedule: "700ms", missed: "all", maxCatchUp: 1_000 },
  slow: { task: "t.slow", schedule: "5s", missed: "all", maxCatchUp: 1_000 },
  cron: { task: "t.cron", schedule: "* * * * *", missed: "all", maxCatchUp: 1_000 },
};

type Sent = Pick<Message, "id" | "entry" | "scheduledAt" | "fence">;

interface Run {
  readonly sent: readonly Sent[];
  /** The entries in the store at the end. */
  readonly views: readonly EntryView[];
  readonly endedAt: number;
  readonly leaders: number;
}

interface Variant {
  /** The kind of queue. `lossy`: loses one request in ten and one reply in ten, and some requests take too long. */
  readonly queue: "in the store" | "plain" | "lossy";
  readonly delivery?: NonNullable<BeatOptions["delivery"]>;
  /** Nodes are restarted now and then. */
  readonly restarts?: boolean;
}

function lossy(inner: Publisher, clock: FakeClock, random: () => number): Publisher {
  return {
    ...inner,
    async publish(batch, context) {
      const fate = random();
      if (fate < 0.1) throw new Error("the request was lost");
      if (fate < 0.2) await new Promise<void>((resolve) => clock.setTimer(resolve, random() * 700));
      const answers = await inner.publish(batch, context);
      if (fate > 0.9) throw new Error("the reply was lost");
      return answers;
    },
  };
}

async function simulate(seed: number, { queue, delivery = "at-least-once", restarts = false }: Variant): Promise<Run> {
  const random = seeded(seed);
  const clock = new FakeClock(START);
  const name = `simulation-${queue}-${restarts}-${seed}`;
  const inStep = dummyPublisher({ name, clock });
  const plain = recordingPublisher();
  const publisher = { "in the store": inStep, plain, lossy: lossy(plain, clock, random) }[queue];
  const nodes = Array.from({ length: 3 }, () => {
    const store = dummyStore({ name, clock, commandTimeoutMs: 400 });
    const nodeClock = new NodeClock(clock, Math.round((random() - 0.5) * 4_000));
    const limits = { lockTtlMs: TTL, publishTimeoutMs: 500, commandTimeoutMs: 400 };
    return new SimulatedNode(store, nodeClock, { publisher, delivery, schedule: SCHEDULE, ...limits, random });
  });
  await Promise.all(nodes.map((node) => node.start()));
  while (clock.now() < START + 120_000) {
    await clock.advance(random() * 1_500);
    const node = nodes[Math.floor(random() * nodes.length)]!;
    disturb(node, random);
    if (restarts && random() < 0.1) node.restart();
  }
  for (const { store } of nodes) for (const method of METHODS) store.delay(method, 0);
  nodes[0]!.store.resume();
  await clock.advance(70_000);
  const stopping = nodes.map((node) => node.stop());
  await clock.advance(10_000);
  await Promise.all(stopping);
  const sent: readonly Sent[] = queue === "in the store" ? inStep.messages() : plain.messages;
  const views = await createClient({ store: dummyStore({ name, clock }), clock }).list();
  return { sent, views, endedAt: START + 180_000, leaders: nodes.reduce((sum, { leaders }) => sum + leaders, 0) };
}

function disturb({ store, clock }: SimulatedNode, random: () => number): void {
  const method = METHODS[Math.floor(random() * METHODS.length)]!;
  const fault = random();
  if (fault < 0.25) store.failNext(method, { after: random() < 0.5 });
  else if (fault < 0.4) store.delay(method, random() * 600);
  else if (fault < 0.5) for (const each of METHODS) store.delay(each, 0);
  else if (fault < 0.65) clock.freeze(random() * 3 * TTL);
  else if (fault < 0.7) store.expireLock();
  else if (fault < 0.75) store.pause();
  else if (fault < 0.9) store.resume();
}

function instantsByEntry(sent: readonly Sent[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { entry, scheduledAt } of sent) found.set(entry, [...(found.get(entry) ?? []), scheduledAt]);
  return found;
}

/** All instants of an interval from `first` to `until`. */
function expected(first: number, everyMs: number, until: number): number[] {
  const all: number[] = [];
  for (let instant = first; instant <= until; instant += everyMs) all.push(instant);
  return all;
}

const PERIODS = { fast: 700, slow: 5_000, cron: 60_000 };

const SEEDED = Array.from({ length: SEEDS }, (_, seed) => seed);

describe("a cluster under faults", () => {
  it.each(SEEDED)("sends each occurrence exactly once in one step with its cursor (seed %i)", async (seed) => {
    for (const restarts of [false, true]) {
      const { sent, endedAt, leaders } = await simulate(seed, { queue: "in the store", restarts });
      expect(leaders).toBeGreaterThan(3);
      const fences = sent.map(({ fence }) => fence);
      expect(fences).toEqual([...fences].sort((a, b) => a - b));
      for (const [entry, everyMs] of Object.entries(PERIODS)) {
        const instants = instantsByEntry(sent).get(entry) ?? [];
        expect(instants.filter((instant) => instant <= endedAt)).toEqual(expected(instants[0]!, everyMs, endedAt));
      }
    }
  });

  it.each(SEEDED)("sends each occurrence to a plain broker at least once, with one id (seed %i)", async (seed) => {
    const { sent, endedAt } = await simulate(seed, { queue: "plain" });
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
  });

  it.each(SEEDED)(
    "sends nothing twice with at-most-once delivery, and counts possible losses (seed %i)",
    async (seed) => {
      const { sent, views } = await simulate(seed, { queue: "lossy", delivery: "at-most-once", restarts: true });
      expect(views.map(({ name }) => name).sort()).toEqual(Object.keys(SCHEDULE).sort());
      for (const { name, runs, uncertain } of views) {
        const instants = instantsByEntry(sent).get(name) ?? [];
        expect(new Set(instants).size).toBe(instants.length);
        expect(instants.length).toBeLessThanOrEqual(runs);
        expect(runs - instants.length).toBeLessThanOrEqual(uncertain);
      }
    },
  );
});
