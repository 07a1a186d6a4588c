import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { createClient, type HistoryRun, type LeaderView } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { expect, inject, it } from "vitest";

import { leaderOf } from "./beat-node.js";
import { withFleet } from "./fleet.js";

const execute = promisify(execFile);
const LOCK_TTL_MS = 3_000;
const KILLS = 2;
const SCHEDULE = { job: { task: "tasks.echo", schedule: "1s", missed: "all" } };

/** The ids of all messages in the queue. */
async function idsIn(uri: string): Promise<Set<string>> {
  const redis = new Redis(uri);
  const texts = await redis.lrange("celery", 0, -1);
  redis.disconnect();
  return new Set(texts.map((text) => (JSON.parse(text) as { readonly headers: { readonly id: string } }).headers.id));
}

it(
  "the history shows every run through kills of the leader, by API and by command: when, by which node, under which id",
  withFleet(async (fleet) => {
    const redis = fleet.with(await startRedis());
    const uri = `${redis.uri}/0`;
    const options = { store: uri, publisher: `celery+${uri}`, namespace: "history", lockTtlMs: LOCK_TTL_MS };
    const start = () => fleet.start({ ...options, historyRuns: 100, schedule: SCHEDULE });
    for (let count = 0; count < 3; count++) await start();
    const client = createClient({ store: uri, namespace: "history", stores: [storeProvider] });
    const beatx = async (...args: string[]): Promise<string> => {
      const where = ["--store", uri, "--namespace", "history"];
      const command = join(inject("application"), "node_modules/.bin/beatx");
      return (await execute(command, [...args, ...where], { cwd: inject("application") })).stdout;
    };
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const leader = await leaderOf(fleet.running);
        const runs = (await client.history("job").catch(() => [])).length;
        await waitFor("some runs of this leader", async () => {
          return (await client.history("job").catch(() => [])).length >= runs + 2;
        });
        const killedAt = performance.now();
        await leader.kill();
        await Promise.race(fleet.running.map((node) => node.waitFor("leader", killedAt)));
        await start();
      }
      const { id } = await client.runNow("job");
      await waitFor("the run by hand", async () => (await client.history("job")).some((run) => run.id === id));
      await (await leaderOf(fleet.running)).stop();
      const leaders = await waitFor("all terms", async () => {
        const known = await client.leaders();
        return known.length === KILLS + 2 && known;
      });
      expect(leaders.map(({ reason }) => reason).reverse()).toEqual([
        ...Array.from({ length: KILLS }, () => "vanished: its lease ran out"),
        "stopped",
        null,
      ]);
      expect(new Set(leaders.map(({ node }) => node)).size).toBe(leaders.length);
      const history = await client.history("job");
      // Runs of several instants share a record, as many as it says.
      const sent = history.reduce((total, { count }) => total + count, 0);
      const view = (await client.get("job"))!;
      expect(sent).toBeGreaterThanOrEqual(view.runs);
      const ids = await idsIn(uri);
      for (const run of history) expect(ids.has(run.id)).toBe(true);
      expect(history.filter(({ manual }) => manual).map((run) => run.id)).toEqual([id]);
      // Of each node that led there are runs, and those of a take-over are caught up.
      expect(new Set(history.map(({ node }) => node)).size).toBeGreaterThanOrEqual(KILLS + 1);
      expect(history.filter(({ outcome }) => outcome === "caught up").length).toBeGreaterThanOrEqual(KILLS);

      const { runs: json } = JSON.parse(await beatx("history", "job", "--json")) as { runs: HistoryRun[] };
      expect(json.map((run) => run.id)).toEqual(expect.arrayContaining(history.map((run) => run.id)));
      const text = await beatx("history", "job", "--limit", "200");
      expect(text.split("\n")[0]).toMatch(/^SCHEDULED +SENT +LATE +OUTCOME +NODE +ID$/);
      for (const run of history) expect(text).toContain(run.id);
      const leadersJson = JSON.parse(await beatx("history", "--leaders", "--json")) as LeaderView[];
      expect(leadersJson.map(({ fence }) => fence)).toEqual(leaders.map(({ fence }) => fence));
      expect(await beatx("history", "--leaders")).toContain("vanished: its lease ran out");
    } finally {
      await client.close();
    }
  }),
);
