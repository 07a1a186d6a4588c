import { type BeatOptions, createBeat, createClient, type EntryInput, silentLogger } from "@beatx/core";
import { publisherProvider } from "@beatx/publisher-celery";
import { storeProvider } from "@beatx/store-redis";
import { mostWithin, startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { expect, it } from "vitest";

const ENTRIES = 2_000;
const INSTANTS = 5;
const MAX_PER_SECOND = 2_500;
const PATIENCE_MS = 300_000;

/** Writes a schedule of 10 000 occurrences that fall due while no node runs, and returns the options of a node that catches up. */
async function backlog(server: RedisServer, publisher: Pick<BeatOptions, "publisher">): Promise<BeatOptions> {
  const shared = { store: `${server.uri}/0`, stores: [storeProvider] };
  const entry: EntryInput = { task: "t", schedule: "1s", missed: "all", maxCatchUp: 10_000, maxRuns: INSTANTS };
  const client = createClient(shared);
  const names = Array.from({ length: ENTRIES }, (_, index) => `entry-${index}`);
  await client.putMany(Object.fromEntries(names.map((name) => [name, entry])));
  await client.close();
  const writtenAt = Date.now();
  await waitFor("the last instant", () => Date.now() > writtenAt + (INSTANTS + 1) * 1_000);
  const cap = { maxPerSecond: MAX_PER_SECOND, lockTtlMs: 3_000 };
  return { ...shared, ...publisher, ...cap, publishers: [publisherProvider], logger: silentLogger };
}

it(
  "maxPerSecond holds through a catch-up of 10 000 in one step, by the clock of the server",
  async () => {
    const server = await startRedis();
    const connection = new Redis(server.port);
    const monitor = await connection.monitor();
    const arrivedAt: number[] = [];
    monitor.on("monitor", (time: string, [command, key, ...values]: string[]) => {
      if (command?.toLowerCase() !== "lpush" || key !== "celery") return;
      for (const _ of values) arrivedAt.push(Number(time) * 1_000);
    });
    try {
      const options = await backlog(server, { publisher: `celery+${server.uri}/0` });
      const beat = createBeat(options);
      await beat.start();
      await waitFor("all messages", () => arrivedAt.length >= ENTRIES * INSTANTS, PATIENCE_MS);
      await beat.stop();
      expect(arrivedAt).toHaveLength(ENTRIES * INSTANTS);
      expect(mostWithin(arrivedAt, 1_000)).toBeLessThanOrEqual(MAX_PER_SECOND);
      const queued = await server.cli("LRANGE", "celery", "0", "-1");
      const ids = [...queued.matchAll(/"id":\s*"([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ENTRIES * INSTANTS);
    } finally {
      monitor.disconnect();
      connection.disconnect();
      await server.stop();
    }
  },
  PATIENCE_MS,
);

it(
  "maxPerSecond holds through a catch-up of 10 000 to a function",
  async () => {
    const server = await startRedis();
    const calledAt: number[] = [];
    const publisher = (): Promise<void> => {
      calledAt.push(performance.now());
      return Promise.resolve();
    };
    try {
      const options = await backlog(server, { publisher });
      const beat = createBeat(options);
      await beat.start();
      await waitFor("all messages", () => calledAt.length >= ENTRIES * INSTANTS, PATIENCE_MS);
      await beat.stop();
      expect(calledAt).toHaveLength(ENTRIES * INSTANTS);
      expect(mostWithin(calledAt, 1_000)).toBeLessThanOrEqual(MAX_PER_SECOND);
    } finally {
      await server.stop();
    }
  },
  PATIENCE_MS,
);
