import { isLease } from "@beatx/core/adapter";
import { askMemcached, deleteMemcachedItems, memcachedKeys, startMemcached } from "@beatx/test-servers";
import type { MemcachedServer } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { clients } from "./clients.js";
import type { MemcacheStore } from "./clients.js";
import { create, lead, leadForLong, moveOf, pass, readAll, rejectionOf } from "./helpers.js";

const TTL_MS = 300;

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

async function startServer(): Promise<MemcachedServer> {
  const server = await startMemcached();
  cleanUp.push(() => server.stop());
  return server;
}

const pairs = clients.map((one, index) => ({ one, other: clients[(index + 1) % clients.length]! }));

describe.each(pairs)("the lease of $one.name, beside a node on $other.name", ({ one, other }) => {
  function open(server: MemcachedServer, client = one, commandTimeoutMs = 60_000): MemcacheStore {
    const store = client.open(server, { commandTimeoutMs });
    cleanUp.push(() => store.close());
    return store;
  }

  it("passes on after a crash once the record was seen unchanged for ttlMs / 0.8, and not before", async () => {
    const server = await startServer();
    const [first, second] = [open(server), open(server, other)];
    const lease = await lead(first, TTL_MS);
    const sentAt = performance.now();
    expect(await first.renewLock(lease, TTL_MS)).toBe(true);
    const next = await lead(second, TTL_MS);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(TTL_MS / 0.8 - 2);
    expect(next.fence).toBeGreaterThan(lease.fence);
  });

  it("an acquisition that was queued on a paused server starts one term at most", async () => {
    const server = await startServer();
    const [slow, quick] = [open(server, one, 400), open(server, other)];
    const lease = await leadForLong(quick);
    await quick.releaseLock(lease);
    await slow.readLock();
    server.pause();
    const error = await rejectionOf(slow.acquireLock({ token: "slow", ttlMs: TTL_MS, label: "slow" }));
    expect(error.name).toBe("StoreError");
    server.resume();
    // The command may have been carried out late. Either way one of the two leads, under one fence.
    const answers = await Promise.all(
      ["slow", "quick"].map((token) => quick.acquireLock({ token, ttlMs: 60_000, label: token })),
    );
    expect(answers.filter(isLease)).toHaveLength(1);
    expect((await quick.readLock())?.fence).toBe(answers.find(isLease)?.fence);
  });

  it.each(["flushed", "deleted", "restarted"])(
    "is lost for good when its key is %s, and no node leads too early",
    async (how) => {
      const server = await startServer();
      const [first, second] = [open(server), open(server, other)];
      await create(first, ["one"]);
      const lease = await lead(first, TTL_MS);
      const lostAt = performance.now();
      if (how === "flushed") await server.say("flush_all");
      if (how === "deleted") await deleteMemcachedItems(server.port, await memcachedKeys(server.port, /:lock$/));
      if (how === "restarted") await server.restart();
      const next = await lead(second, TTL_MS);
      expect(performance.now() - lostAt).toBeGreaterThanOrEqual(TTL_MS);
      expect(next.fence).toBeGreaterThan(lease.fence);
      const answer = await first.renewLock(lease, TTL_MS).catch(() => first.renewLock(lease, TTL_MS));
      expect(answer).toBe(false);
      expect((await rejectionOf(first.advance(lease, [moveOf("one", null, "stale")]))).name).toBe("LockLostError");
    },
  );

  it("a restart while no node leads makes all nodes wait for one lifetime", async () => {
    const server = await startServer();
    const store = open(server);
    await store.releaseLock(await leadForLong(store));
    await server.restart();
    const restartedAt = performance.now();
    await lead(store, TTL_MS);
    expect(performance.now() - restartedAt).toBeGreaterThanOrEqual(TTL_MS);
  });

  it("cas numbers from before a restart match nothing after it", async () => {
    const server = await startServer();
    const [first, second] = [open(server), open(server, other)];
    const lease = await leadForLong(first);
    await server.restart();
    // The new server counts from 1 again: the same numbers now belong to other writes.
    const next = await leadForLong(second);
    const attempts = await Promise.allSettled([
      first.renewLock(lease, TTL_MS),
      first.releaseLock(lease),
      first.advance(lease, [moveOf("one", null, "stale")]),
      first.setSchedule([{ name: "one", definition: "stale", expectedRevision: null }], lease),
    ]);
    for (const attempt of attempts) if (attempt.status === "fulfilled") expect(attempt.value).toBe(false);
    expect(await second.renewLock(next, 60_000)).toBe(true);
    expect((await readAll(second)).size).toBe(0);
  });

  it("a release that arrives after the next leader has started changes nothing", async () => {
    const server = await startServer();
    const [first, second] = [open(server), open(server, other)];
    const lease = await lead(first, TTL_MS);
    const next = await lead(second, TTL_MS);
    expect(await first.releaseLock(lease)).toBe(false);
    expect(await second.renewLock(next, TTL_MS)).toBe(true);
  });

  it("a standby that polls writes nothing", async () => {
    const server = await startServer();
    const [leader, standby] = [open(server), open(server, other)];
    await leadForLong(leader);
    const before = await sets(server);
    for (let poll = 0; poll < 20; poll += 1) {
      expect(isLease(await standby.acquireLock({ token: "standby", ttlMs: TTL_MS, label: "standby" }))).toBe(false);
      await standby.getRevision();
    }
    expect(await sets(server)).toBe(before);
  });

  it("is not renewed once it has run out, even if no other node has taken it", async () => {
    const store = open(await startServer());
    const lease = await lead(store, TTL_MS);
    await pass(TTL_MS + 1);
    expect(await store.renewLock(lease, TTL_MS)).toBe(false);
  });

  it("ends when the manifest is lost, and the next term starts with an empty schedule when its holder has released the lock", async () => {
    const server = await startServer();
    const store = open(server);
    await create(store, ["one"]);
    const lease = await leadForLong(store);
    const revision = await store.getRevision();
    await deleteMemcachedItems(server.port, await memcachedKeys(server.port, /:manifest$/));
    expect((await rejectionOf(store.advance(lease, [moveOf("one", null, "ran")]))).message).toMatch(
      /lost the schedule/,
    );
    expect(await store.renewLock(lease, 60_000)).toBe(false);
    expect(await store.releaseLock(lease)).toBe(true);
    const next = await store.acquireLock({ token: "next", ttlMs: 60_000, label: "next" });
    expect(isLease(next)).toBe(true);
    const reading = await store.getSchedule(revision);
    expect(reading.complete).toBe(true);
    expect((await readAll(store)).size).toBe(0);
  });
});

/** The number of writes since the server started. */
async function sets(server: MemcachedServer): Promise<string | undefined> {
  return /STAT cmd_set (\d+)/.exec((await askMemcached(server.port, "stats\r\n", /END\r\n$/)).toString())?.[1];
}
