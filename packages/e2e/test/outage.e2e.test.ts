import { type RedisServer, startRedis, waitFor } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";

import { leaderOf } from "./beat-node.js";
import { type Fleet, withFleet } from "./fleet.js";
import { missing, repeated, type Run } from "./occurrences.js";

const LOCK_TTL_MS = 4_000;
const schedule = {
  fast: { task: "tasks.echo", schedule: "1s", missed: "all" },
  slow: { task: "tasks.echo", schedule: "3s", missed: "all" },
};

/** Starts three nodes on one Redis, which holds both the schedule and the queue. */
async function cluster(fleet: Fleet, appendOnly: boolean): Promise<RedisServer> {
  const redis = fleet.with(await startRedis({ appendOnly }));
  const uri = `${redis.uri}/0`;
  await fleet.start(
    { store: uri, publisher: `celery+${uri}`, namespace: "outage", lockTtlMs: LOCK_TTL_MS, schedule },
    3,
  );
  await leaderOf(fleet.nodes);
  await waitFor("some messages", () => published(fleet).length >= 5);
  return redis;
}

/** The occurrences that the nodes reported as published. */
function published({ nodes }: Fleet): Run[] {
  return nodes.flatMap(({ events }) => events.filter(({ event }) => event === "published")) as unknown as Run[];
}

/** The occurrences in the queue. There is no consumer, so they stay there. */
async function queued(redis: RedisServer): Promise<Run[]> {
  const client = new Redis(redis.port, redis.host);
  const texts = await client.lrange("celery", 0, -1);
  client.disconnect();
  return texts.map((text) => {
    const { headers } = JSON.parse(text) as { headers: Record<string, string> };
    return {
      id: headers["id"]!,
      entry: headers["beatx-entry"]!,
      scheduledAt: Date.parse(headers["beatx-scheduled-at"]!),
    };
  });
}

/** Waits until the nodes have published for at least four more seconds; resolves to the end of these seconds. */
async function goesOn(fleet: Fleet): Promise<number> {
  const until = Date.now() + 4_000;
  await waitFor("the nodes to go on", () => published(fleet).some(({ scheduledAt }) => scheduledAt > until));
  return until;
}

describe.concurrent("three nodes on one Redis", () => {
  it(
    "say why they wait when it restarts empty, then restore the schedule and publish nothing twice",
    withFleet(async (fleet) => {
      const redis = await cluster(fleet, false);
      await redis.kill();
      await redis.restart({ empty: true });
      await goesOn(fleet);
      expect(fleet.nodes.map(({ ended }) => ended)).toEqual([null, null, null]);
      expect(repeated(published(fleet))).toEqual([]);
      expect(repeated(await queued(redis))).toEqual([]);
      const logs = fleet.nodes.map(({ log }) => log).join("");
      expect(logs).toMatch(/standing by: [^"]*(restart|memory|lost)/);
      expect(fleet.nodes.flatMap(({ events }) => events.filter(({ event }) => event === "state-lost"))).toMatchObject([
        { restored: 2 },
      ]);
    }),
  );

  it(
    "put every occurrence into the queue exactly once when it restarts with its data",
    withFleet(async (fleet) => {
      const redis = await cluster(fleet, true);
      const from = published(fleet)[0]!.scheduledAt;
      await redis.kill();
      await redis.restart();
      const until = await goesOn(fleet);
      const runs = await queued(redis);
      expect(repeated(runs)).toEqual([]);
      expect(missing(runs, schedule, from, until)).toEqual([]);
    }),
  );

  it(
    "put every occurrence into the queue exactly once when it is paused for longer than a lease lives",
    withFleet(async (fleet) => {
      const redis = await cluster(fleet, false);
      const from = published(fleet)[0]!.scheduledAt;
      const pausedAt = performance.now();
      redis.pause();
      await waitFor("the pause", () => performance.now() - pausedAt > 2 * LOCK_TTL_MS);
      redis.resume();
      const until = await goesOn(fleet);
      const runs = await queued(redis);
      expect(repeated(runs)).toEqual([]);
      expect(missing(runs, schedule, from, until)).toEqual([]);
      expect(fleet.nodes.map(({ ended }) => ended)).toEqual([null, null, null]);
    }),
  );

  it(
    "report the error once and catch up exactly once when it is unreachable for 20 s",
    withFleet(async (fleet) => {
      const redis = await cluster(fleet, true);
      const from = published(fleet)[0]!.scheduledAt;
      await redis.kill();
      const killedAt = performance.now();
      await waitFor("20 s", () => performance.now() - killedAt > 20_000);
      const before = fleet.nodes.map(
        ({ log }) => log.split("\n").filter((line) => line.includes('"level":"error"')).length,
      );
      await redis.restart();
      const until = await goesOn(fleet);
      const runs = await queued(redis);
      expect(repeated(runs)).toEqual([]);
      expect(missing(runs, schedule, from, until)).toEqual([]);
      for (const lines of before) expect(lines).toBeLessThanOrEqual(2);
      expect(fleet.nodes.map(({ log }) => log.includes("works again"))).toContain(true);
    }),
  );
});
