import {
  type CeleryWorker,
  type RabbitServer,
  type RedisServer,
  startCeleryWorker,
  startRabbit,
  startRedis,
  waitFor,
} from "@beatx/test-servers";
import { Worker } from "bullmq";
import { afterEach, describe, expect, it } from "vitest";

import { BeatNode, leaderOf } from "./beat-node.js";
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

const nodes: BeatNode[] = [];
const servers: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.kill()));
  // Workers first: a worker that closes needs its broker.
  for (const server of servers.splice(0)) await server.stop();
});

async function redisServer(): Promise<RedisServer> {
  // appendfsync always: confirmed writes survive a SIGKILL of the server.
  const redis = await startRedis({ appendOnly: true, args: ["--appendfsync", "always"] });
  servers.push(redis);
  return redis;
}

async function rabbitServer(): Promise<RabbitServer> {
  const rabbit = await startRabbit();
  servers.push(rabbit);
  return rabbit;
}

/** Numbers from 0 to below 1 that depend on the seed alone. */
let state = SEED;
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** Three nodes; the leader is killed three times at random moments, and the broker once in between. */
async function runThrough(store: string, publisher: string, broker: Broker): Promise<{ from: number; to: number }> {
  const options = { store, publisher, namespace: "queues", lockTtlMs: LOCK_TTL_MS, schedule };
  for (let count = 0; count < 3; count++) nodes.push(await BeatNode.start(options));
  const first = await (await leaderOf(nodes)).waitFor("published");
  const from = Number(first["scheduledAt"]);
  for (let kill = 0; kill < 3; kill++) {
    const until = performance.now() + 2_000 + random() * 4_000;
    await waitFor("the next kill", () => performance.now() > until);
    const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
    await leader.kill();
    nodes.push(await BeatNode.start(options));
    if (kill !== 1) continue;
    await broker.kill();
    await broker.restart();
  }
  await waitFor("the end", () => Date.now() > from + SECONDS * 1_000);
  const to = from + SECONDS * 1_000;
  await waitFor("all due occurrences", () => publishedAllAfter(to), 180_000);
  return { from, to };
}

/** Whether the nodes have published an occurrence after `to` of every entry. */
function publishedAllAfter(to: number): boolean {
  const later = new Set<unknown>();
  for (const { events } of nodes) {
    for (const { event, entry, scheduledAt } of events) {
      if (event === "published" && Number(scheduledAt) > to) later.add(entry);
    }
  }
  return later.size === ENTRIES;
}

/** The executions up to `to` once a real worker has emptied the queue. It starts after the run, so it repeats nothing. */
async function workedOff(worker: CeleryWorker, to: number): Promise<Run[]> {
  let before = -1;
  const records = await waitFor(
    "the worker to empty the queue",
    async () => {
      const received = await worker.received();
      const stands = received.length === before && received.length > 0;
      before = received.length;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return stands ? received : undefined;
    },
    300_000,
  );
  return runsOf(records).filter(({ scheduledAt }) => scheduledAt <= to);
}

async function stopNodes(): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}

describe(`with the leader killed three times and the broker once, ten thousand occurrences (seed ${SEED})`, () => {
  it("reach Celery on the store's own Redis: none missed, none repeated", async () => {
    const redis = await redisServer();
    const { from, to } = await runThrough(`${redis.uri}/0`, `celery+${redis.uri}/1`, redis);
    await stopNodes();
    const record = await redisServer();
    const worker = await startCeleryWorker({ broker: `${redis.uri}/1`, record: `${record.uri}/0` });
    servers.unshift(worker);
    const runs = await workedOff(worker, to);
    expect(missing(runs, schedule, from, to)).toEqual([]);
    expect(repeated(runs)).toEqual([]);
    expect(runs.length).toBeGreaterThanOrEqual(10_000);
  });

  it("reach Celery on another Redis than the store's: none missed, none repeated", async () => {
    const [store, broker] = [await redisServer(), await redisServer()];
    const { from, to } = await runThrough(`${store.uri}/0`, `celery+${broker.uri}/0`, broker);
    await stopNodes();
    const worker = await startCeleryWorker({ broker: `${broker.uri}/0`, record: `${store.uri}/15` });
    servers.unshift(worker);
    const runs = await workedOff(worker, to);
    expect(missing(runs, schedule, from, to)).toEqual([]);
    expect(repeated(runs)).toEqual([]);
  });

  it("reach Celery on RabbitMQ: none missed, and repeats carry the same id", async () => {
    const [store, rabbit] = [await redisServer(), await rabbitServer()];
    const { from, to } = await runThrough(`${store.uri}/0`, `celery+${rabbit.uri}?queue_type=classic`, rabbit);
    await stopNodes();
    const worker = await startCeleryWorker({ broker: rabbit.uri, record: `${store.uri}/15`, prefetch: 0 });
    servers.unshift(worker);
    const runs = await workedOff(worker, to);
    expect(missing(runs, schedule, from, to)).toEqual([]);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(
      new Set(runs.map(({ entry, scheduledAt }) => `${entry}@${scheduledAt}`)).size,
    );
  });

  it("reach BullMQ: none missed, none repeated in the queue", async () => {
    const [store, broker] = [await redisServer(), await redisServer()];
    const { from, to } = await runThrough(`${store.uri}/0`, `bullmq+${broker.uri}/0`, broker);
    await stopNodes();
    const runs: Run[] = [];
    const connection = { host: broker.host, port: broker.port };
    const worker = new Worker<{ beatx: { entry: string; scheduledAt: string } }>(
      "beatx",
      async ({ id, data: { beatx } }) =>
        void runs.push({ id: id!, entry: beatx.entry, scheduledAt: Date.parse(beatx.scheduledAt) }),
      { connection, concurrency: 100 },
    );
    servers.unshift({ stop: () => worker.close() });
    await waitFor("the worker to empty the queue", () => missing(runs, schedule, from, to).length === 0, 300_000);
    expect(repeated(runs)).toEqual([]);
  });
});
