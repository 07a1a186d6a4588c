import { createBeat, createClient, type EntryInput, silentLogger } from "@beatx/core";
import { publisherProvider } from "@beatx/publisher-bullmq";
import { storeProvider } from "@beatx/store-redis";
import { mostWithin, startRedis, waitFor } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { expect, it } from "vitest";

const ENTRIES = 2_000;
const INSTANTS = 5;
const MAX_PER_SECOND = 1_000;
const PATIENCE_MS = 300_000;

it(
  "maxPerSecond holds through a catch-up of 10 000, by the clock of the server",
  async () => {
    const server = await startRedis();
    const shared = { store: `${server.uri}/0`, stores: [storeProvider] };
    const entry: EntryInput = { task: "t", schedule: "1s", missed: "all", maxCatchUp: 10_000, maxRuns: INSTANTS };
    const client = createClient(shared);
    await client.putMany(
      Array.from({ length: ENTRIES }, (_, index): [string, EntryInput] => [`entry-${index}`, entry]),
    );
    await client.close();
    const writtenAt = Date.now();
    await waitFor("the last instant", () => Date.now() > writtenAt + (INSTANTS + 1) * 1_000);

    const connection = new Redis(server.port);
    const monitor = await connection.monitor();
    /** When the server made each job, by its key. */
    const arrivedAt = new Map<string, number>();
    monitor.on("monitor", (time: string, [command = "", key = ""]: string[], source: string) => {
      const makesJob = source === "lua" && /^hm?set$/i.test(command) && key.includes(":beatx-");
      if (makesJob && !arrivedAt.has(key)) arrivedAt.set(key, Number(time) * 1_000);
    });
    const beat = createBeat({
      ...shared,
      publisher: `bullmq+${server.uri}/1`,
      publishers: [publisherProvider],
      maxPerSecond: MAX_PER_SECOND,
      lockTtlMs: 3_000,
      logger: silentLogger,
    });
    try {
      await beat.start();
      await waitFor("all jobs", () => arrivedAt.size >= ENTRIES * INSTANTS, PATIENCE_MS);
      await beat.stop();
      expect(arrivedAt.size).toBe(ENTRIES * INSTANTS);
      expect(mostWithin([...arrivedAt.values()], 1_000)).toBeLessThanOrEqual(MAX_PER_SECOND);
    } finally {
      monitor.disconnect();
      connection.disconnect();
      await beat.stop();
      await server.stop();
    }
  },
  PATIENCE_MS,
);
