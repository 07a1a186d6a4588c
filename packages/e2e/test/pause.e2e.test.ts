import { createClient } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import { expect, it } from "vitest";

import { type BeatNode, leaderOf } from "./beat-node.js";
import { withFleet } from "./fleet.js";
import { missing, repeated, runsOf } from "./occurrences.js";

const LOCK_TTL_MS = 3_000;
const PAUSE_MS = 3 * LOCK_TTL_MS + 4_000;
const SCHEDULE = {
  fast: { task: "tasks.echo", schedule: "1s", missed: "all", tags: ["reports"] },
  slow: { task: "tasks.echo", schedule: "3s", missed: "all", tags: ["reports"] },
  other: { task: "tasks.echo", schedule: "1s", missed: "all" },
};
const PAUSED = { fast: SCHEDULE.fast, slow: SCHEDULE.slow };

/** How late the leader sent the first run after `until` (epoch ms), in ms: from when it was due, and the leader led. */
function lateness({ events }: BeatNode, until: number): number {
  const wallClock = (at: number): number => performance.timeOrigin + at;
  const first = events.find(({ event, entry, scheduledAt }) => {
    return event === "published" && entry === "fast" && Number(scheduledAt) > until;
  })!;
  const ledFrom = wallClock(events.find(({ event }) => event === "leader")!.at);
  return wallClock(first.at) - Math.max(Number(first["scheduledAt"]), ledFrom);
}

it(
  "a pause ends by itself although each leader is killed: nothing of it is sent, then every run, each once",
  withFleet(async (fleet) => {
    const redis = fleet.with(await startRedis());
    const uri = `${redis.uri}/0`;
    const worker = fleet.with(await startCeleryWorker({ broker: uri, record: `${redis.uri}/15` }));
    const options = { store: uri, publisher: `celery+${uri}`, namespace: "pause", lockTtlMs: LOCK_TTL_MS };
    await fleet.start({ ...options, schedule: SCHEDULE }, 3);
    const runs = async (): Promise<ReturnType<typeof runsOf>> => runsOf(await worker.received());
    const from = (await waitFor("the first run", async () => (await runs())[0])).scheduledAt;
    const client = createClient({ store: uri, namespace: "pause", stores: [storeProvider], by: "anna" });
    try {
      const until = Date.now() + PAUSE_MS;
      const results = await client.pause({ tag: "reports" }, { until, note: "db upgrade" });
      expect(results).toEqual([{ name: "fast", error: null }, { name: "slow", error: null }]); // prettier-ignore
      const { pause, revision } = (await client.get("fast"))!;
      expect(pause).toMatchObject({ until, note: "db upgrade", by: "anna" });
      for (let kill = 0; kill < 2; kill++) {
        const leader = await leaderOf(fleet.running);
        const killedAt = performance.now();
        await leader.kill();
        await Promise.race(fleet.running.map((node) => node.waitFor("leader", killedAt)));
        await fleet.start({ ...options, schedule: SCHEDULE });
      }
      await waitFor("some time after the pause", () => Date.now() > until + 5_000, 2 * PAUSE_MS);
      const to = Date.now();
      await waitFor("all due runs", async () => {
        const seen = await runs();
        const ofOther = missing(seen, { other: SCHEDULE.other }, from, to);
        return ofOther.length + missing(seen, PAUSED, until, to).length === 0;
      });
      const seen = await runs();
      expect(repeated(seen)).toEqual([]);
      // Message and cursor go out in one step that compares the definition: the pause counts from its moment on.
      const inPause = seen.filter(
        (run) => run.entry in PAUSED && run.scheduledAt > pause!.at && run.scheduledAt <= until,
      );
      expect(inPause).toEqual([]);
      expect(lateness(await leaderOf(fleet.running), until)).toBeLessThan(LOCK_TTL_MS);
      for (const name of ["fast", "slow"]) {
        expect(await client.get(name)).toMatchObject({ paused: false, pause: null, active: true, skipped: 0 });
      }
      expect((await client.get("fast"))!.revision, "nobody writes at the end").toBe(revision);
      expect((await client.status()).paused).toEqual([]);
    } finally {
      await client.close();
    }
  }),
);
