import { createClient } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { type RedisServer, startRedis, waitFor } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BeatNode, leaderOf } from "./beat-node.js";

const LOCK_TTL_MS = 4_000;

describe("a schedule in Redis", () => {
  let redis: RedisServer;
  let admin: Redis;
  const nodes: BeatNode[] = [];
  const options = (uri: string): object => ({
    store: uri,
    publisher: `celery+${redis.uri}/0`,
    namespace: "change",
    lockTtlMs: LOCK_TTL_MS,
    schedule: { job: { task: "tasks.echo", schedule: "1s" } },
  });

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.port, redis.host);
    nodes.push(await BeatNode.start(options(`${redis.uri}/0`)));
    await leaderOf(nodes);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    admin.disconnect();
    await redis.stop();
  });

  it("is not written by a standby: a node without write permission can stand by and fails only when it would lead", async () => {
    await admin.call("ACL", "SETUSER", "reader", "on", ">secret", "~*", "&*", "+@all", "-@write");
    const standby = await BeatNode.start(options(`redis://reader:secret@${redis.host}:${redis.port}/0`));
    const since = performance.now();
    await waitFor("several polls", () => performance.now() - since > 3 * LOCK_TTL_MS);
    expect(standby.role).toBe("standby");
    expect(standby.events.filter(({ event }) => event === "error")).toEqual([]);
    expect(await admin.call("ACL", "LOG")).toEqual([]);
    await leaderOf(nodes).then((leader) => leader.kill());
    const { message } = await standby.waitFor("error");
    expect(message).toContain("it may not run SET");
    await standby.kill();
    nodes.push(await BeatNode.start(options(`${redis.uri}/0`)));
    await leaderOf(nodes.filter(({ role }) => role !== "gone"));
  });

  it("can be changed through a client: nodes notice within a second and never overwrite the change", async () => {
    const client = createClient({ store: `${redis.uri}/0`, namespace: "change", stores: [storeProvider] });
    const leader = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
    await leader.waitFor("published");
    const putAt = performance.now();
    const { revision } = await client.put("job", { task: "tasks.add", schedule: "2s", args: [1, 2] });
    const changed = await leader.waitFor("changed", putAt);
    expect(changed).toMatchObject({ updated: ["job"] });
    expect(changed.at - putAt).toBeLessThan(1_000);
    await leader.waitFor("published", changed.at);

    nodes.push(await BeatNode.start(options(`${redis.uri}/0`)));
    await leader.kill();
    const next = await leaderOf(nodes.filter(({ role }) => role !== "gone"));
    const sent = await next.waitFor("published");
    expect(sent).toMatchObject({ entry: "job", task: "tasks.add" });
    expect(await client.get("job")).toMatchObject({
      revision,
      overridden: true,
      entry: { task: "tasks.add", args: [1, 2] },
    });
    await client.close();
  });
});
