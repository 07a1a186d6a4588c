import { join } from "node:path";
import {
  type CeleryWorker,
  type RedisServer,
  startCeleryWorker,
  startMemcached,
  startRedis,
  waitFor,
} from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";

import { BeatNode, leaderOf } from "./beat-node.js";
import { missing, repeated, runsOf } from "./occurrences.js";

const LOCK_TTL_MS = 4_000;
const STANDBY_POLL_MS = 1_000;
const schedule = {
  fast: { task: "tasks.echo", schedule: "1s", missed: "all" },
  slow: { task: "tasks.echo", schedule: "3s", missed: "all" },
};

/** The longest take-over, in ms. */
const ttl = LOCK_TTL_MS + 1_000;
/** The same for stores without a server clock: a standby waits for longer than the holder believes, from what it saw. */
const observed = LOCK_TTL_MS / 0.8 + 1.2 * STANDBY_POLL_MS + 1_000;

async function memcached(scheme: string): Promise<string> {
  const server = await startMemcached();
  servers.push(server);
  return `${scheme}://${server.host}:${server.port}`;
}

const inFolder = (scheme: string): string => `${scheme}:${join(inject("application"), `schedule-${scheme}`)}`;
const servers: { stop(): Promise<void> }[] = [];

describe("three nodes whose store is not the queue's server", () => {
  let broker: RedisServer;
  let worker: CeleryWorker;
  const nodes: BeatNode[] = [];

  beforeAll(async () => {
    broker = await startRedis();
    worker = await startCeleryWorker({ broker: `${broker.uri}/0`, record: `${broker.uri}/15` });
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.kill()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  afterAll(async () => {
    await worker.stop();
    await broker.stop();
  });

  it.each([
    { scheme: "lmdb", what: "a folder shared by processes", open: inFolder, withinMs: ttl },
    { scheme: "sqlite", what: "a third-party store", open: inFolder, withinMs: ttl },
    { scheme: "memcached", what: "a server that may lose all data", open: memcached, withinMs: observed },
    { scheme: "memjs", what: "the same server through another client", open: memcached, withinMs: observed },
  ])(
    "run each occurrence exactly once although the leader is killed twice, on $scheme ($what)",
    async ({ scheme, open, withinMs }) => {
      const store = await open(scheme);
      const settings = { lockTtlMs: LOCK_TTL_MS, standbyPollMs: STANDBY_POLL_MS, namespace: scheme };
      const options = { store, publisher: `celery+${broker.uri}/0`, schedule, ...settings };
      for (let count = 0; count < 3; count++) nodes.push(await BeatNode.start(options));
      await leaderOf(nodes);
      const before = (await worker.received()).length;
      const runs = async (): Promise<ReturnType<typeof runsOf>> => runsOf((await worker.received()).slice(before));
      const from = (await waitFor("the first run", async () => (await runs())[0])).scheduledAt;
      for (let kill = 0; kill < 2; kill++) {
        const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
        await leader.waitFor("published", performance.now());
        const killedAt = performance.now();
        await leader.kill();
        const others = nodes.filter(({ role }) => role !== "gone");
        const next = await Promise.race(others.map((node) => node.waitFor("leader", killedAt)));
        expect(next.at - killedAt).toBeLessThan(withinMs);
      }
      const to = Date.now() + 2_000;
      const isDone = async (): Promise<boolean> => missing(await runs(), schedule, from, to).length === 0;
      await waitFor("all due occurrences", async () => Date.now() > to && (await isDone()));
      expect(repeated(await runs())).toEqual([]);
    },
  );
});
