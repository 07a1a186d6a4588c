import { type Client, createClient } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { type CeleryWorker, type RedisServer, startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { leaderOf } from "./beat-node.js";
import { Fleet } from "./fleet.js";
import { type Run, runsOf } from "./occurrences.js";

const LOCK_TTL_MS = 4_000;
const MINUTE_MS = 60_000;
/** Sixty instants of the rule "1m". */
const FROM = Date.parse("2020-01-01T00:00:00Z");
const TO = FROM + 59 * MINUTE_MS;

describe("a backfill on Redis, with a real Celery worker", () => {
  let redis: RedisServer;
  let record: RedisServer;
  let worker: CeleryWorker;
  let client: Client;
  const fleet = new Fleet();
  /** The runs of instants from before the test. */
  const backfilled = async (): Promise<Run[]> =>
    runsOf(await worker.received()).filter(({ scheduledAt }) => scheduledAt <= TO);

  beforeAll(async () => {
    redis = await startRedis();
    record = await startRedis();
    worker = await startCeleryWorker({ broker: `${redis.uri}/0`, record: `${record.uri}/0` });
    const store = `${redis.uri}/0`;
    client = createClient({ store, namespace: "backfill", stores: [storeProvider] });
    await client.put("minutely", { task: "tasks.echo", schedule: "1m" });
    await fleet.start({ store, publisher: `celery+${store}`, namespace: "backfill", lockTtlMs: LOCK_TTL_MS }, 3);
  });
  afterAll(async () => {
    await client.close();
    await fleet.end();
    await worker.stop();
    await Promise.all([redis.stop(), record.stop()]);
  });

  it("sends every occurrence once and in order, although two leaders are killed meanwhile", async () => {
    await leaderOf(fleet.running);
    const { id, total } = await client.backfill("minutely", { from: FROM, to: TO, maxPerSecond: 5 });
    expect(total).toBe(60);
    for (const sent of [10, 25]) {
      await waitFor(`${sent} backfilled runs`, async () => (await backfilled()).length >= sent, 120_000);
      await (await leaderOf(fleet.running)).kill();
    }
    await waitFor("the end of the backfill", async () => (await client.backfills()).length === 0, 120_000);
    await waitFor("its runs", async () => (await backfilled()).length >= total, 120_000);
    const runs = await backfilled();
    expect(runs.map(({ scheduledAt }) => scheduledAt)).toEqual(
      Array.from({ length: 60 }, (_, index) => FROM + index * MINUTE_MS),
    );
    expect(new Set(runs.map((run) => run.id)).size).toBe(60);
    expect(id).not.toBeNull();
  });

  it("that is repeated has the same ids", async () => {
    const before = await backfilled();
    await client.backfill("minutely", { from: FROM, to: FROM + 4 * MINUTE_MS });
    await waitFor("five more runs", async () => (await backfilled()).length >= before.length + 5, 120_000);
    const again = (await backfilled()).slice(before.length);
    expect(again).toEqual(before.slice(0, 5));
    expect((await client.get("minutely"))!.requestedRuns).toBeGreaterThanOrEqual(5);
  });
});
