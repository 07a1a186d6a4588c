import type { Store } from "@beatx/core";
import { isLease, type Lease, type LockHeld } from "@beatx/core/adapter";
import { FakeClock } from "@beatx/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryServer } from "../../test/memory-server.js";
import { memcacheStore } from "../index.js";
import { waitMs } from "./lock-record.js";

const TTL_MS = 10_000;
const WAIT_MS = 12_500;

let server: MemoryServer;
let clock: FakeClock;
let nodeA: Store;
let nodeB: Store;

beforeEach(() => {
  server = new MemoryServer();
  clock = new FakeClock();
  [nodeA, nodeB] = [open(), open()];
});

function open(ownClock = clock): Store {
  return memcacheStore({ client: server, name: "memcached", clock: ownClock, commandTimeoutMs: 2000 });
}

function ask(node: Store, token = "a"): Promise<Lease | LockHeld> {
  return node.acquireLock({ token, ttlMs: TTL_MS, label: `node ${token}` });
}

/** The first lease on a new server. */
async function lead(node: Store, token = "a"): Promise<Lease> {
  await ask(node, token);
  await clock.advance(WAIT_MS);
  const answer = await ask(node, token);
  if (!isLease(answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}

function lockText(): string {
  return server.items.get(server.keysLike(/:lock$/)[0]!)!.text;
}

describe("the wait for a lease that may still be trusted", () => {
  it("is a quarter longer than the lease, for clocks that run at different rates", () => {
    expect(waitMs(TTL_MS)).toBe(WAIT_MS);
    expect(waitMs(1)).toBe(2);
  });

  it("comes first on a new server, and is reported with its reason", async () => {
    expect(await ask(nodeA)).toEqual({
      retryAfterMs: WAIT_MS,
      leader: null,
      reason: expect.stringMatching(/no record/),
    });
    await clock.advance(WAIT_MS - 1);
    expect(await ask(nodeA)).toMatchObject({ retryAfterMs: 1, leader: null });
    await clock.advance(1);
    expect(isLease(await ask(nodeA))).toBe(true);
  });

  it("begins when the record is received, however old it is by then", async () => {
    await lead(nodeA);
    await clock.advance(WAIT_MS);
    const leader = { label: "node a", expiresInMs: TTL_MS };
    expect(await ask(nodeB, "b")).toMatchObject({ retryAfterMs: TTL_MS, leader });
    await clock.advance(TTL_MS);
    expect(await ask(nodeB, "b")).toMatchObject({ retryAfterMs: WAIT_MS - TTL_MS, leader: { expiresInMs: 0 } });
    await clock.advance(WAIT_MS - TTL_MS);
    expect(isLease(await ask(nodeB, "b"))).toBe(true);
  });

  it("starts again with each renewal that is seen", async () => {
    const lease = await lead(nodeA);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(TTL_MS - 1);
      expect(await nodeA.renewLock(lease, TTL_MS)).toBe(true);
      expect(isLease(await ask(nodeB, "b"))).toBe(false);
    }
  });

  it("does not depend on the wall clock", async () => {
    await lead(nodeA);
    await ask(nodeB, "b");
    clock.stepWallClock(3_600_000);
    expect(isLease(await ask(nodeB, "b"))).toBe(false);
    clock.stepWallClock(-7_200_000);
    await clock.advance(WAIT_MS);
    expect(isLease(await ask(nodeB, "b"))).toBe(true);
  });

  it("uses the longer lifetime when nodes disagree", async () => {
    await lead(nodeA);
    const brief = { token: "b", ttlMs: 1000, label: "node b" };
    await nodeB.acquireLock(brief);
    await clock.advance(WAIT_MS - 1);
    expect(isLease(await nodeB.acquireLock(brief))).toBe(false);
    await clock.advance(1);
    expect(isLease(await nodeB.acquireLock(brief))).toBe(true);
  });

  it("is not needed after a release", async () => {
    await nodeA.releaseLock(await lead(nodeA));
    expect(isLease(await ask(nodeB, "b"))).toBe(true);
  });
});

describe("a lease", () => {
  it("whose answer was lost is the same when it is requested again", async () => {
    await ask(nodeA);
    await clock.advance(WAIT_MS);
    server.fate = (command, [key]) => (command === "cas" && key!.endsWith(":lock") ? "answer lost" : "answered");
    const lost = expect(ask(nodeA)).rejects.toThrow(/no answer within 2000 ms/);
    await clock.advance(2000);
    await lost;
    const { fence } = JSON.parse(lockText()) as Lease;
    server.fate = () => "answered";
    expect(await ask(nodeB, "b")).toMatchObject({ leader: { fence } });
    expect(await ask(nodeA)).toEqual({ token: "a", fence });
  });

  it("is written again when its exchange took too long to rely on", async () => {
    await ask(nodeA);
    await clock.advance(WAIT_MS);
    const slow = memcacheStore({ client: server, name: "memcached", clock, commandTimeoutMs: 60_000 });
    await ask(slow);
    await clock.advance(WAIT_MS);
    let delays = 1;
    server.before = async (command, [key]) => {
      if (command === "cas" && key!.endsWith(":lock") && delays-- > 0) await clock.advance(TTL_MS / 2 + 1);
    };
    expect(isLease(await ask(slow))).toBe(true);
    expect(JSON.parse(lockText())).toMatchObject({ writes: 1 });
  });

  it("has a fence above that of all data, even after a loss of its record and with clocks that run behind", async () => {
    const ahead = new FakeClock(clock.now() + 1_000_000);
    const nodeC = open(ahead);
    await ask(nodeC, "c");
    await ahead.advance(WAIT_MS);
    const high = (await ask(nodeC, "c")) as Lease;
    server.items.delete(server.keysLike(/:lock$/)[0]!);
    const next = await lead(nodeB, "b");
    expect(next.fence).toBeGreaterThan(high.fence);
    await expect(nodeC.advance(high, [])).rejects.toMatchObject({ code: "LOCK_LOST" });
  });

  it("is not handed out before its fence is on all data: a write under the lease before it comes too late", async () => {
    const slow = memcacheStore({ client: server, name: "memcached", clock, commandTimeoutMs: 600_000 });
    const change = { name: "one", definition: "x", expectedRevision: null };
    await slow.setSchedule([change]);
    const move = { name: "one", from: null, to: "stale", definitionRevision: null, dueAt: 0 };
    const writes = [
      { of: ":c:", write: (lease: Lease) => slow.advance(lease, [move]) },
      { of: ":manifest", write: (lease: Lease) => slow.setSchedule([{ ...change, name: "two" }], lease) },
    ];
    for (const { of, write } of writes) {
      const stale = await lead(slow, `slow ${of}`);
      await ask(nodeB, `next ${of}`);
      // The lease was checked and the item read; now the node hangs, just before it writes.
      server.before = async (command, [key]) => {
        if (command !== "cas" || !key!.includes(of)) return;
        server.before = () => undefined;
        await clock.advance(WAIT_MS);
        expect(isLease(await ask(nodeB, `next ${of}`))).toBe(true);
      };
      await expect(write(stale), of).rejects.toMatchObject({ code: "LOCK_LOST" });
    }
  });

  it("is handed out after some attempts, if one is too short to put its fence on all data", async () => {
    await ask(nodeA);
    await clock.advance(WAIT_MS);
    let writes = 0;
    server.fate = (command, [key]) =>
      key!.includes(":c:") && command === "add" && ++writes > 50 ? "request lost" : "answered";
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const failing = expect(ask(nodeA)).rejects.toThrow(/no answer within/);
      await clock.advance(2000);
      await failing;
      expect(server.keysLike(/:c:/)).toHaveLength(50 * attempt);
      writes = 0;
    }
    server.sent.length = 0;
    expect(isLease(await ask(nodeA))).toBe(true);
    expect(server.sent.filter(({ keys: [key] }) => key!.includes(":c:"))).toHaveLength(2 * 28);
  });

  it("whose schedule was lost ends with the next renewal, and keeps the lock until its holder releases it", async () => {
    const lease = await lead(nodeA);
    server.items.delete(server.keysLike(/:manifest$/)[0]!);
    expect(await nodeA.renewLock(lease, TTL_MS)).toBe(false);
    expect(isLease(await ask(nodeB, "b"))).toBe(false);
    expect(await nodeA.releaseLock(lease)).toBe(true);
    expect(isLease(await ask(nodeB, "b"))).toBe(true);
  });

  it("is refused while the key holds something else that may hide a lease, and reported with the way out", async () => {
    await ask(nodeA);
    server.put(server.keysLike(/:lock$/)[0]!, "somebody else's");
    const reason = expect.stringMatching(/beatx:\S+:lock holds "somebody else's".*choose another namespace/);
    expect(await ask(nodeA)).toEqual({ retryAfterMs: TTL_MS, leader: null, reason });
  });
});
