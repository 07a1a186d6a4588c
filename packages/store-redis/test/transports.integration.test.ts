import type { Store } from "@beatx/core";
import { isLease } from "@beatx/core/adapter";
import {
  freePort,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startRedisTls,
  waitFor,
} from "@beatx/test-servers";
import type { RedisCluster, RedisTls } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { redisStore } from "../src/index.js";
import { create, lead, leadForLong, moveOf, readAll, rejectionOf } from "./helpers.js";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

function open(uri: string, options: Partial<Parameters<typeof redisStore>[0]> = {}): Required<Store> {
  const store = redisStore({ uri, ...options });
  cleanUp.push(() => store.close());
  return store;
}

describe("TLS", () => {
  async function startTls(): Promise<RedisTls> {
    const redis = await startRedisTls();
    cleanUp.push(() => redis.stop());
    return redis;
  }

  it("works with a trusted certificate, for hints too, whatever the case of the scheme", async () => {
    const { uri, ca } = await startTls();
    const store = open(uri.replace("rediss", "REDISS"), { tls: { ca } });
    let hints = 0;
    await store.watch(() => (hints += 1));
    await create(store, ["one"]);
    await waitFor("a hint", () => hints > 0);
    expect(await readAll(store)).toHaveLength(1);
  });

  it("refuses an untrusted certificate", async () => {
    const { uri } = await startTls();
    expect(String(await rejectionOf(open(uri).getRevision()))).toMatch(/self-signed certificate/);
  });
});

describe("a unix socket", () => {
  it("serves a database of its own", async () => {
    const server = await startRedis({ unixSocket: true });
    cleanUp.push(() => server.stop());
    const store = open(`redis+unix://${server.socketPath}?db=3`);
    await create(store, ["one"]);
    expect(await readAll(store)).toHaveLength(1);
    expect(await readAll(open(`${server.uri}/3`))).toHaveLength(1);
    expect(await server.cli("DBSIZE")).toBe("0");
  });
});

describe("sentinels", () => {
  it.each(["died", "hung"])("lead to the new master when the old one has %s, and leases stay apart", async (how) => {
    const sentinel = await startRedisSentinel();
    cleanUp.push(() => sentinel.stop());
    const options = { commandTimeoutMs: 700 };
    const [nodeA, nodeB] = [open(sentinel.uri, options), open(sentinel.uri, options)];
    await create(nodeA, ["one"]);
    const ttlMs = 1000;
    const lease = await lead(nodeA, ttlMs);
    await waitFor(
      "the replica to know the fence",
      async () => (await sentinel.replica.cli("EXISTS", "{beatx}:fence")) === "1",
    );
    if (how === "died") await sentinel.master.kill();
    else sentinel.master.pause();
    const next = await waitFor("a new leader", async () => {
      const answer = await nodeB.acquireLock({ token: "next", ttlMs, label: "node" });
      return isLease(answer) ? answer : undefined;
    });
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(await readAll(nodeB)).toHaveLength(1);
    expect(await waitFor("an answer", async () => [await nodeA.renewLock(lease, ttlMs)])).toEqual([false]);
    expect(await sentinel.masterPort()).toBe(sentinel.replica.port);
  });

  it("that are all away make commands reject in time, and are tried again", async () => {
    const port = await freePort();
    const store = open(`redis-sentinel://127.0.0.1:${port}/main`, { commandTimeoutMs: 500 });
    for (let round = 0; round < 3; round += 1) {
      expect(String(await rejectionOf(store.getRevision()))).toMatch(/could not read the revision.*sentinel/);
    }
  });
});

describe("a cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  it("keeps lock, schedule and hints of a namespace on one node", async () => {
    for (const namespace of ["one", "two", "three", "four"]) {
      const store = open(cluster.uri, { namespace });
      let hints = 0;
      await store.watch(() => (hints += 1));
      const [revision] = await create(store, ["entry"]);
      await waitFor("a hint", () => hints > 0);
      const lease = await leadForLong(store);
      expect(await store.advance(lease, [moveOf("entry", revision!)])).toEqual([{ status: "done" }]);
      expect(await readAll(store)).toMatchObject([{ name: "entry", cursor: "moved" }]);
      expect(await store.releaseLock(lease)).toBe(true);
    }
  });

  it("serves many commands at once on a fresh connection", async () => {
    const store = open(cluster.uri, { namespace: "crowd" });
    const answers = await Promise.all(Array.from({ length: 50 }, () => store.getRevision()));
    expect(new Set(answers).size).toBe(1);
  });

  it("takes messages for queues that lie beside the schedule, and refuses others", async () => {
    const store = open(cluster.uri, { namespace: "outbox" });
    const node = cluster.nodes[0]!;
    await node.cli("-c", "SET", "{outbox}:mark", "here");
    expect(await store.reachesOutbox({ database: 0, key: "{outbox}:mark", value: "here" })).toBe(true);
    expect(await store.reachesOutbox({ database: 1, key: "{outbox}:mark", value: "here" })).toBe(false);
    await node.cli("-c", "SET", "mark", "here");
    expect(await store.reachesOutbox({ database: 0, key: "mark", value: "here" })).toBe(false);
    const [revision] = await create(store, ["one", "two"]);
    const lease = await leadForLong(store);
    const write = { kind: "list-push" as const, database: 0, value: "message" };
    const results = await store.advance(lease, [
      moveOf("one", revision!, { outbox: [{ ...write, key: "elsewhere" }] }),
      moveOf("two", revision!, { outbox: [{ ...write, key: "{outbox}:queue" }] }),
    ]);
    expect(results).toMatchObject([{ status: "refused" }, { status: "done" }]);
    expect(await node.cli("-c", "LRANGE", "{outbox}:queue", "0", "-1")).toBe("message");
  });

  it("reports the health of its nodes", async () => {
    expect((await open(cluster.uri).checkHealth()).join("\n")).toMatch(/writes nothing to disk/);
  });

  it("that is used as a single server says what to use instead", async () => {
    const errors = await Promise.all(
      cluster.nodes.map((node) => open(node.uri).getRevision().then(() => "", String)), // prettier-ignore
    );
    expect(errors.filter((text) => /use redis-cluster:/.test(text))).toHaveLength(2);
  });

  it("works again after the node of the namespace was restarted", async () => {
    const store = open(cluster.uri, { namespace: "restart" });
    const slot = await cluster.nodes[0]!.cli("CLUSTER", "KEYSLOT", "{restart}:lock");
    const owner = cluster.nodes[Math.min(Math.floor(Number(slot) / 5461), 2)]!;
    await create(store, ["one"]);
    await owner.restart();
    await waitFor("the store to work again", async () => create(store, ["two"]));
    expect(await readAll(store)).toMatchObject([{ name: "two" }]);
  });
});
