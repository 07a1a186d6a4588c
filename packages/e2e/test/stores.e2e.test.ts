import { join } from "node:path";
import { type CeleryWorker, type RedisServer, startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";

import { BeatNode, leaderOf } from "./beat-node.js";
import { missing, repeated, runsOf } from "./occurrences.js";

const LOCK_TTL_MS = 4_000;
const schedule = {
  fast: { task: "tasks.echo", schedule: "1s", missed: "all" },
  slow: { task: "tasks.echo", schedule: "3s", missed: "all" },
};

describe("a store that is not the queue's server", () => {
  let broker: RedisServer;
  let worker: CeleryWorker;
  const nodes: BeatNode[] = [];

  beforeAll(async () => {
    broker = await startRedis();
    worker = await startCeleryWorker({ broker: `${broker.uri}/0`, record: `${broker.uri}/15` });
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.kill()));
  });
  afterAll(async () => {
    await worker.stop();
    await broker.stop();
  });

  it.each([
    ["lmdb", "of ours, a folder shared by processes"],
    ["sqlite", "of a third party, found in the application by its scheme"],
  ])("%s (%s): the leader is killed twice, and each occurrence runs exactly once", async (scheme) => {
    const uri = `${scheme}:${join(inject("application"), `schedule-${scheme}`)}`;
    const options = {
      store: uri,
      publisher: `celery+${broker.uri}/0`,
      namespace: scheme,
      lockTtlMs: LOCK_TTL_MS,
      schedule,
    };
    for (let count = 0; count < 3; count++) nodes.push(await BeatNode.start(options));
    await leaderOf(nodes);
    const before = (await worker.received()).length;
    const runs = async (): Promise<ReturnType<typeof runsOf>> => runsOf((await worker.received()).slice(before));
    const from = (await waitFor("the first run", async () => (await runs())[0])).scheduledAt;
    for (let kill = 0; kill < 2; kill++) {
      const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
      const sentAt = performance.now();
      await leader.waitFor("published", sentAt);
      await leader.kill();
      await leaderOf(nodes.filter(({ role }) => role !== "gone"));
    }
    const to = Date.now() + 2_000;
    await waitFor(
      "all that is due",
      async () => Date.now() > to && missing(await runs(), schedule, from, to).length === 0,
    );
    expect(repeated(await runs())).toEqual([]);
  });
});
