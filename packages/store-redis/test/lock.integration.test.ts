import type { Store } from "@beatx/core";
import { isLease, type LockHeld } from "@beatx/core/adapter";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { redisStore } from "../src/index.js";
import { create, lead, leadForLong, moveOf, pass, readAll, rejectionOf } from "./helpers.js";

const TTL_MS = 400;

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

async function startServer(options?: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanUp.push(() => server.stop());
  return server;
}

function open(server: RedisServer, options: Partial<Parameters<typeof redisStore>[0]> = {}): Required<Store> {
  const store = redisStore({ uri: server.uri, ...options });
  cleanUp.push(() => store.close());
  return store;
}

async function ask(store: Store, token = "another", ttlMs = TTL_MS): Promise<LockHeld | "lease"> {
  const answer = await store.acquireLock({ token, ttlMs, label: "standby" });
  return isLease(answer) ? "lease" : answer;
}

async function uptimeSeconds(server: RedisServer): Promise<number> {
  return Number(/uptime_in_seconds:(\d+)/.exec(await server.cli("INFO", "server"))?.[1]);
}

describe("the lock of a server that may have lost a lease", () => {
  it("waits one lifetime when a new server is used for the first time, and never again", async () => {
    const store = open(await startServer());
    const first = await ask(store);
    expect(first).toMatchObject({ leader: null, reason: expect.stringMatching(/just been started/) as string });
    expect((first as LockHeld).retryAfterMs).toBeLessThanOrEqual(TTL_MS);
    const lease = await lead(store, TTL_MS);
    await store.releaseLock(lease);
    expect(await ask(store)).toBe("lease");
  });

  it("does not wait at first use of a server that has granted no lease and is older than one, whatever others did", async () => {
    const server = await startServer();
    const store = open(server);
    await waitFor("the server to be 3 s old", async () => (await uptimeSeconds(server)) >= 3);
    for (const command of ["SET foreign 1", "LPUSH celery message", "DEL foreign", "FLUSHALL"])
      await server.cli(...command.split(" "));
    await store.readLock();
    expect(await ask(store)).toBe("lease");
  });

  it.each([
    ["has granted a lease before it was emptied", [["FLUSHALL"]]],
    ["has granted one before its keys were deleted by hand", ["lock", "leader", "fence", "inc"].map((key) => ["DEL", `{beatx}:${key}`])], // prettier-ignore
    ["was told to forget what it did", [["FLUSHALL"], ["CONFIG", "RESETSTAT"]]],
  ])("waits one lifetime on a server that %s, however long it has run", async (_, commands) => {
    const server = await startServer();
    const [nodeA, nodeB] = [open(server), open(server)];
    await waitFor("the server to be 3 s old", async () => (await uptimeSeconds(server)) >= 3);
    const sentAt = performance.now();
    await lead(nodeA, TTL_MS);
    for (const command of commands) await server.cli(...command);
    expect(await ask(nodeB)).toMatchObject({ leader: null, reason: expect.stringMatching(/no record/) as string });
    await lead(nodeB, TTL_MS);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(TTL_MS - 2);
  });

  it("lets no node lead for one lifetime after the server came back empty", async () => {
    const server = await startServer();
    const [nodeA, nodeB] = [open(server), open(server)];
    const lease = await lead(nodeA, TTL_MS);
    await server.restart({ empty: true });
    const restartedAt = performance.now();
    const next = await lead(nodeB, TTL_MS);
    expect(performance.now() - restartedAt).toBeGreaterThanOrEqual(TTL_MS - 2);
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(await nodeA.renewLock(lease, TTL_MS)).toBe(false);
    expect(await nodeA.releaseLock(lease)).toBe(false);
    expect((await nodeB.readLock())?.fence).toBe(next.fence);
  });

  it("lets a leader go on when the server came back with its data", async () => {
    const server = await startServer({ appendOnly: true });
    const [nodeA, nodeB] = [open(server), open(server)];
    const lease = await leadForLong(nodeA);
    await server.restart();
    expect(await nodeA.renewLock(lease, 60_000)).toBe(true);
    expect(await ask(nodeB)).toMatchObject({ leader: { fence: lease.fence, label: "node" } });
  });

  it("does not wait when the server with its data has run for longer than a lifetime", async () => {
    const server = await startServer({ appendOnly: true });
    const store = open(server);
    await store.releaseLock(await lead(store, TTL_MS));
    await server.restart();
    await waitFor("the server to be 3 s old", async () => (await uptimeSeconds(server)) >= 3);
    expect(await ask(store)).toBe("lease");
  });

  it("waits on a promoted replica, however long it has run, because it may have missed the lease", async () => {
    const master = await startServer();
    const replica = await startServer({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
    const [nodeA, nodeB] = [open(master), open(replica)];
    await nodeA.releaseLock(await lead(nodeA, TTL_MS));
    await waitFor("the replica to know the release", async () => (await replica.cli("EXISTS", "{beatx}:inc")) === "1");
    await waitFor("the replica to be 3 s old", async () => (await uptimeSeconds(replica)) >= 3);
    await replica.cli("REPLICAOF", "NO", "ONE");
    await lead(nodeA, TTL_MS);
    await master.kill();
    const killedAt = performance.now();
    expect(await ask(nodeB)).toMatchObject({ leader: null });
    await lead(nodeB, TTL_MS);
    expect(performance.now() - killedAt).toBeGreaterThanOrEqual(TTL_MS - 2);
  });

  it("waits on a master that was a replica meanwhile, because it may have missed the lease", async () => {
    const args = ["--repl-diskless-sync-delay", "0"];
    const [a, b] = [await startServer({ args }), await startServer({ args })];
    const ttlMs = 3000;
    const [onA, onB] = [open(a), open(b)];
    await onA.releaseLock(await lead(onA, ttlMs));
    const lease = await lead(onA, ttlMs, "leader");
    /** The leader renews in time, whatever happens. */
    const inSync = (server: RedisServer, leader: Store): Promise<unknown> =>
      waitFor("the replica to be in sync", async () => {
        expect(await leader.renewLock(lease, ttlMs)).toBe(true);
        return (await server.cli("info", "replication")).includes("master_link_status:up");
      });
    // A failover to b, which a follows.
    await b.cli("replicaof", "127.0.0.1", String(a.port));
    await inSync(b, onA);
    await b.cli("replicaof", "no", "one");
    expect(await onB.renewLock(lease, ttlMs)).toBe(true);
    await a.cli("replicaof", "127.0.0.1", String(b.port));
    await inSync(a, onB);
    // The link from b to a breaks, the leader goes on; then a becomes the master again.
    await a.cli("replicaof", "127.0.0.1", "1");
    const until = Date.now() + ttlMs + 500;
    while (Date.now() < until) {
      expect(await onB.renewLock(lease, ttlMs)).toBe(true);
      await pass(200);
    }
    await a.cli("replicaof", "no", "one");
    // The leader trusts the answer of b for most of its ttl.
    expect(await ask(onA, "another", ttlMs)).toMatchObject({ leader: null });
  });

  it("gives a dead leader a successor after its lifetime, even if the server's clock was set back", async () => {
    const server = await startServer();
    const store = open(server);
    await lead(store, 1000, "dead");
    // The lock after the server's clock stepped an hour back: both ends lie an hour further ahead.
    const endsAt = Number(await server.cli("PEXPIRETIME", "{beatx}:lock"));
    await server.cli("PEXPIREAT", "{beatx}:lock", String(endsAt + 3_600_000));
    await server.cli("HINCRBY", "{beatx}:leader", "until", "3600000");
    await ask(store);
    await pass(2500);
    expect(await ask(store)).toBe("lease");
  });

  it("lets a node lead soon if the lock ran out before the server's clock was set back", async () => {
    const server = await startServer();
    const store = open(server);
    await lead(store, 300, "dead");
    await pass(400);
    await server.cli("HINCRBY", "{beatx}:leader", "until", "3600000");
    await ask(store);
    await pass(1000);
    expect(await ask(store)).toBe("lease");
  });

  it("lets no node lead before the lease has run out if the lock's key was deleted", async () => {
    const server = await startServer();
    const [nodeA, nodeB] = [open(server), open(server)];
    const lease = await leadForLong(nodeA);
    const sentAt = performance.now();
    expect(await nodeA.renewLock(lease, 2000)).toBe(true);
    await server.cli("DEL", "{beatx}:lock");
    expect(await ask(nodeB)).toMatchObject({
      leader: null,
      reason: expect.stringMatching(/deleted or evicted/) as string,
    });
    await lead(nodeB, TTL_MS);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(1998);
  });

  it("fails closed if INFO is forbidden, and says what to do", async () => {
    const server = await startServer();
    await server.cli("ACL", "SETUSER", "limited", "on", ">secret", "~*", "&*", "+@all", "-info");
    const uri = server.uri.replace("//", "//limited:secret@");
    const guarded = open(server, { uri });
    expect(String(await rejectionOf(ask(guarded)))).toMatch(/may not run INFO.*incarnationGuard: false/);
    const unguarded = open(server, { uri, incarnationGuard: false });
    expect(await ask(unguarded)).toBe("lease");
    const [revision] = await create(unguarded, ["one"]);
    const reading = await unguarded.getSchedule(await unguarded.getRevision());
    expect(reading.complete).toBe(true);
    expect(await readAll(unguarded)).toMatchObject([{ name: "one", revision }]);
  });
});

describe("the lock under load and faults", () => {
  it("a refused standby makes the server write nothing", async () => {
    const server = await startServer();
    const [leader, standby] = [open(server), open(server)];
    await leadForLong(leader);
    const changesBefore = /rdb_changes_since_last_save:\d+/.exec(await server.cli("INFO", "persistence"))?.[0];
    await server.cli("CONFIG", "RESETSTAT");
    for (let round = 0; round < 5; round += 1) expect(await ask(standby)).toMatchObject({ leader: { label: "node" } });
    const commands = [...(await server.cli("INFO", "commandstats")).matchAll(/cmdstat_([a-z|]+):/g)].map(
      ([, name]) => name,
    );
    const readers = [
      "evalsha",
      "eval",
      "time",
      "info",
      "get",
      "hmget",
      "pttl",
      "hello",
      "client|setinfo",
      "client|setname",
    ];
    expect(commands.filter((name) => !readers.includes(name!) && !name!.startsWith("config"))).toEqual([]);
    expect(await server.cli("INFO", "persistence")).toContain(changesBefore);
  });

  it("a leader renews and releases while the server is out of memory, and no other node gets in", async () => {
    const server = await startServer();
    const [nodeA, nodeB] = [open(server), open(server)];
    const lease = await leadForLong(nodeA);
    await server.cli("CONFIG", "SET", "maxmemory", "1");
    expect(await nodeA.renewLock(lease, 60_000)).toBe(true);
    expect(await nodeA.releaseLock(lease)).toBe(true);
    expect(String(await rejectionOf(ask(nodeB)))).toMatch(/maxmemory/);
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    expect(await ask(nodeB)).toBe("lease");
  });

  it("a write that was stuck in a paused server lands under no other lease", async () => {
    const server = await startServer();
    const [nodeA, nodeB] = [open(server, { commandTimeoutMs: 1000 }), open(server)];
    const [revision] = await create(nodeA, ["report"]);
    const stale = await lead(nodeA, TTL_MS);
    server.pause();
    const stuck = rejectionOf(nodeA.advance(stale, [moveOf("report", revision!, { to: "late" })]));
    expect(String(await stuck)).toMatch(/did not answer within 1000 ms/);
    await pass(TTL_MS);
    server.resume();
    const current = await lead(nodeB, TTL_MS);
    const result = await nodeB.advance(current, [moveOf("report", revision!, { to: "right" })]);
    expect(result).toEqual([{ status: "done" }]);
    expect(await readAll(nodeA)).toMatchObject([{ cursor: "right" }]);
  });

  it("an acquisition that was stuck in a paused server is the same lease when repeated", async () => {
    const server = await startServer();
    const store = open(server, { commandTimeoutMs: 1000 });
    await store.releaseLock(await lead(store, TTL_MS));
    server.pause();
    await rejectionOf(ask(store, "mine", 60_000));
    server.resume();
    const taken = await waitFor("the stuck acquisition to be carried out", () => store.readLock());
    const again = await store.acquireLock({ token: "mine", ttlMs: 60_000, label: "standby" });
    expect(again).toEqual({ token: "mine", fence: taken.fence });
  });
});
