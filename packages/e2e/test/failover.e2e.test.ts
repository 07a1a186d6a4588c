import { type CeleryWorker, type RedisServer, startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BeatNode, leaderOf } from "./beat-node.js";
import { missing, repeated, runsOf } from "./occurrences.js";

const LOCK_TTL_MS = 5_000;
const RUN_MS = 60_000;

/** Sixteen intervals of 1 to 5 s and four crontabs. */
function twentyEntries(): Record<
  string,
  { task: string; schedule: string; missed: "all"; args: number[]; kwargs: object }
> {
  const entry = (index: number, schedule: string): [string, ReturnType<typeof twentyEntries>[string]] => {
    const fields = {
      task: "tasks.echo",
      schedule,
      missed: "all" as const,
      args: [index, index + 1],
      kwargs: { name: `job ${index}` },
    };
    return [`job-${index}`, fields];
  };
  const intervals = Array.from({ length: 16 }, (_, index) => entry(index, `${1 + (index % 5)}s`));
  const crontabs = ["* * * * *", "*/2 * * * *", "1-59/2 * * * *", "0-59 * * * *"].map((text, index) =>
    entry(16 + index, text),
  );
  return Object.fromEntries([...intervals, ...crontabs]);
}

describe("three nodes on one Redis, with a real Celery worker", () => {
  let redis: RedisServer;
  let record: RedisServer;
  let worker: CeleryWorker;
  const nodes: BeatNode[] = [];
  const schedule = twentyEntries();
  const startNode = async (): Promise<BeatNode> => {
    const uri = `${redis.uri}/0`;
    const options = { store: uri, publisher: `celery+${uri}`, namespace: "failover", lockTtlMs: LOCK_TTL_MS, schedule };
    const node = await BeatNode.start(options);
    nodes.push(node);
    return node;
  };

  beforeAll(async () => {
    redis = await startRedis();
    record = await startRedis();
    worker = await startCeleryWorker({ broker: `${redis.uri}/0`, record: `${record.uri}/0` });
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await worker.stop();
    await Promise.all([redis.stop(), record.stop()]);
  });

  it("run every occurrence exactly once, with its arguments, although the leader is killed three times", async () => {
    for (let count = 0; count < 3; count++) await startNode();
    await leaderOf(nodes);
    const first = await waitFor("the first run", async () => runsOf(await worker.received())[0]);
    const from = first.scheduledAt;
    const takeOvers: number[] = [];
    for (let kill = 1; kill <= 3; kill++) {
      await waitFor("the next kill", () => Date.now() - from > (kill * RUN_MS) / 4, RUN_MS);
      const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
      const killedAt = performance.now();
      await leader.kill();
      const others = nodes.filter(({ role }) => role !== "gone");
      const next = await Promise.race(others.map((node) => node.waitFor("leader", killedAt)));
      takeOvers.push(next.at - killedAt);
      await startNode();
    }
    await waitFor("the end of the run", () => Date.now() - from > RUN_MS, 2 * RUN_MS);

    const to = Date.now();
    await waitFor(
      "all due occurrences",
      async () => missing(runsOf(await worker.received()), schedule, from, to).length === 0,
    );
    const records = await worker.received();
    const runs = runsOf(records);
    expect(repeated(runs)).toEqual([]);
    expect(missing(runs, schedule, from, to)).toEqual([]);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
    for (const { headers, task, args, kwargs } of records) {
      const entry = schedule[String(headers["beatx-entry"])]!;
      expect({ task, args, kwargs }).toEqual({ task: entry.task, args: entry.args, kwargs: entry.kwargs });
    }
    expect(takeOvers).toHaveLength(3);
    for (const takeOverMs of takeOvers) expect(takeOverMs).toBeLessThan(LOCK_TTL_MS + 1_000);
  });

  it("hand over within a second when the leader is stopped, and miss and repeat nothing", async () => {
    const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
    const from = Date.now();
    const stoppedAt = performance.now();
    const stopping = leader.stop();
    const others = nodes.filter((node) => node !== leader && node.role !== "gone");
    const next = await Promise.race(others.map((node) => node.waitFor("leader", stoppedAt)));
    await stopping;
    expect(leader.ended).toBe("exit code 0");
    expect(next.at - stoppedAt).toBeLessThan(1_000);
    const to = Date.now() + 2_000;
    await waitFor(
      "some more runs",
      async () => Date.now() > to && missing(runsOf(await worker.received()), schedule, from, to).length === 0,
    );
    expect(repeated(runsOf(await worker.received()))).toEqual([]);
  });

  it("repeat nothing when the leader is paused for three lease lifetimes and wakes up as a standby", async () => {
    const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
    const from = Date.now();
    const pausedAt = performance.now();
    leader.pause();
    const others = nodes.filter((node) => node !== leader && node.role !== "gone");
    await Promise.race(others.map((node) => node.waitFor("leader", pausedAt)));
    await waitFor("three lease lifetimes", () => performance.now() - pausedAt > 3 * LOCK_TTL_MS);
    const wokenAt = performance.now();
    leader.resume();
    const { reason } = await leader.waitFor("standby", wokenAt);
    expect(["no renewal in time", "refused by the store", "a write came under an old lease"]).toContain(reason);
    const to = Date.now() + 3_000;
    await waitFor(
      "some more runs",
      async () => Date.now() > to && missing(runsOf(await worker.received()), schedule, from, to).length === 0,
    );
    expect(repeated(runsOf(await worker.received()))).toEqual([]);
    expect(leader.role).toBe("standby");
  });
});
