import {
  type CeleryWorkerOptions,
  type RedisServer,
  startCeleryWorker,
  startRabbit,
  startRedis,
  waitFor,
} from "@beatx/test-servers";
import { Worker } from "bullmq";
import { describe, expect, it } from "vitest";

import { type BeatNode, leaderOf } from "./beat-node.js";
import { type Fleet, withFleet } from "./fleet.js";
import { missing, repeated, type Run, runsOf } from "./occurrences.js";

const LOCK_TTL_MS = 3_000;
const ENTRIES = 300;
/** Some ten thousand occurrences. */
const SECONDS = 34;
const SEED = Number(process.env["BEATX_TEST_SEED"] ?? Date.now() % 1_000_000);
const schedule = Object.fromEntries(
  Array.from({ length: ENTRIES }, (_, index) => {
    return [`job-${index}`, { task: "tasks.echo", schedule: "1s", missed: "all", maxCatchUp: 1_000, args: [index] }];
  }),
);

interface Broker {
  readonly pid: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function redisServer(fleet: Fleet): Promise<RedisServer> {
  // appendfsync always: confirmed writes survive a SIGKILL of the server.
  return fleet.with(await startRedis({ appendOnly: true, args: ["--appendfsync", "always"] }));
}

/** Numbers from 0 to below 1 that depend on the seed alone. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Span {
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
}

/**
 * Three nodes; the leader is killed three times at random moments, and the broker once in between. Resolves when the nodes
 * have been stopped.
 */
async function runThrough(fleet: Fleet, store: string, publisher: string, broker: Broker): Promise<Span> {
  const options = { store, publisher, namespace: "queues", lockTtlMs: LOCK_TTL_MS, schedule };
  const random = randomFrom(SEED);
  await fleet.start(options, 3);
  const first = await (await leaderOf(fleet.nodes)).waitFor("published");
  const from = Number(first["scheduledAt"]);
  for (let kill = 0; kill < 3; kill++) {
    const until = performance.now() + 2_000 + random() * 4_000;
    await waitFor("the next kill", () => performance.now() > until);
    const leader = await leaderOf(fleet.running);
    await leader.kill();
    await fleet.start(options);
    if (kill !== 1) continue;
    await broker.kill();
    await broker.restart();
  }
  const to = from + SECONDS * 1_000;
  await waitFor("the end", () => Date.now() > to);
  await waitFor("all due occurrences", () => publishedAllAfter(fleet.nodes, to), 180_000);
  await Promise.all(fleet.nodes.map((node) => node.stop()));
  return { from, to };
}

/** Whether the nodes have published an occurrence after `to` of every entry. */
function publishedAllAfter(nodes: readonly BeatNode[], to: number): boolean {
  const later = new Set<unknown>();
  for (const { events } of nodes) {
    for (const { event, entry, scheduledAt } of events) {
      if (event === "published" && Number(scheduledAt) > to) later.add(entry);
    }
  }
  return later.size === ENTRIES;
}

/** So often the worker's records stay the same before what is missing counts as missing. */
const STANDS = 10;

/**
 * The executions up to the end of the span, once a real Celery worker has emptied the queue. It starts after the run, so it
 * repeats nothing.
 */
async function workThrough(fleet: Fleet, options: CeleryWorkerOptions, { from, to }: Span): Promise<Run[]> {
  const worker = fleet.with(await startCeleryWorker(options));
  let [before, unchanged] = [0, 0];
  const records = await waitFor(
    "the worker to empty the queue",
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const received = await worker.received();
      unchanged = received.length === before ? unchanged + 1 : 0;
      before = received.length;
      const isComplete = unchanged > 0 && missing(runsOf(received), schedule, from, to).length === 0;
      return isComplete || unchanged === STANDS ? received : undefined;
    },
    300_000,
  );
  return runsOf(records).filter(({ scheduledAt }) => scheduledAt <= to);
}

describe.concurrent(
  `with the leader killed three times and the broker once, ten thousand occurrences (seed ${SEED})`,
  () => {
    it(
      "reach Celery on the store's own Redis: none missed, none repeated",
      withFleet(async (fleet) => {
        const redis = await redisServer(fleet);
        const span = await runThrough(fleet, `${redis.uri}/0`, `celery+${redis.uri}/1`, redis);
        const record = await redisServer(fleet);
        const runs = await workThrough(fleet, { broker: `${redis.uri}/1`, record: `${record.uri}/0` }, span);
        expect(missing(runs, schedule, span.from, span.to)).toEqual([]);
        expect(repeated(runs)).toEqual([]);
        expect(runs.length).toBeGreaterThanOrEqual(10_000);
      }),
    );

    it(
      "reach Celery on another Redis than the store's: none missed, none repeated",
      withFleet(async (fleet) => {
        const [store, broker] = [await redisServer(fleet), await redisServer(fleet)];
        const span = await runThrough(fleet, `${store.uri}/0`, `celery+${broker.uri}/0`, broker);
        const runs = await workThrough(fleet, { broker: `${broker.uri}/0`, record: `${store.uri}/15` }, span);
        expect(missing(runs, schedule, span.from, span.to)).toEqual([]);
        expect(repeated(runs)).toEqual([]);
      }),
    );

    it(
      "reach Celery on RabbitMQ: none missed, and repeats carry the same id",
      withFleet(async (fleet) => {
        const [store, rabbit] = [await redisServer(fleet), fleet.with(await startRabbit())];
        const span = await runThrough(fleet, `${store.uri}/0`, `celery+${rabbit.uri}?queue_type=classic`, rabbit);
        const runs = await workThrough(fleet, { broker: rabbit.uri, record: `${store.uri}/15`, prefetch: 0 }, span);
        expect(missing(runs, schedule, span.from, span.to)).toEqual([]);
        expect(new Set(runs.map(({ id }) => id)).size).toBe(
          new Set(runs.map(({ entry, scheduledAt }) => `${entry}@${scheduledAt}`)).size,
        );
      }),
    );

    it(
      "reach BullMQ: none missed, none repeated in the queue",
      withFleet(async (fleet) => {
        const [store, broker] = [await redisServer(fleet), await redisServer(fleet)];
        const { from, to } = await runThrough(fleet, `${store.uri}/0`, `bullmq+${broker.uri}/0`, broker);
        const runs: Run[] = [];
        const connection = { host: broker.host, port: broker.port };
        const worker = new Worker<{ beatx: { entry: string; scheduledAt: string } }>(
          "beatx",
          async ({ id, data: { beatx } }) =>
            void runs.push({ id: id!, entry: beatx.entry, scheduledAt: Date.parse(beatx.scheduledAt) }),
          { connection, concurrency: 100 },
        );
        fleet.with({ stop: () => worker.close() });
        await waitFor("the worker to empty the queue", () => missing(runs, schedule, from, to).length === 0, 300_000);
        expect(repeated(runs)).toEqual([]);
      }),
    );
  },
);
