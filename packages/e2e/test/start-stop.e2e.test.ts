import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis, waitFor } from "@beatx/test-servers";
import { onTestFinished, describe, expect, it } from "vitest";

import { BeatNode } from "./beat-node.js";

const schedule = { ping: { task: "tasks.echo", schedule: "1h" } };

async function start(options: object): Promise<BeatNode> {
  const node = await BeatNode.start({ schedule, ...options });
  onTestFinished(() => node.kill());
  return node;
}

describe("a node", () => {
  it("leads at its first start without a wait, on a Redis that has run for longer than a lease", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const uptime = async (): Promise<number> =>
      Number(/uptime_in_seconds:(\d+)/.exec(await redis.cli("INFO", "server"))?.[1]);
    await waitFor("the server to be 5 s old", async () => (await uptime()) >= 5);
    const node = await start({ store: `${redis.uri}/0`, publisher: `celery+${redis.uri}/0`, lockTtlMs: 3_000 });
    await node.waitFor("leader");
    expect(node.log).not.toContain("no node may lead");
  });

  // The lease lives far longer than the test waits, so only a hand-over makes the next node lead in time.
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "hands over on %s: the next start leads at once",
    async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), "beatx-e2e-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      const options = { store: `lmdb:${folder}`, publisher: "celery+redis://127.0.0.1:1/0", lockTtlMs: 600_000 };
      const first = await start(options);
      await first.waitFor("leader");
      await first.stop(signal);
      expect(first.ended).toBe("exit code 0");
      const second = await start(options);
      await second.waitFor("leader");
      expect(second.log).not.toContain("standing by");
    },
  );
});
