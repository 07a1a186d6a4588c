import type { Store } from "@beatx/core";
import { isLease, type Lease, type LockHeld } from "@beatx/core/adapter";
import { FakeClock } from "@beatx/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { damagesOf, wrongFieldsOf } from "../../test/damage.js";
import type { Damage } from "../../test/damage.js";
import { MemoryServer } from "../../test/memory-server.js";
import { memcacheStore } from "../index.js";
import { decodeLock } from "./lock-record.js";

const TTL_MS = 10_000;
const WAIT_MS = 12_500;

let server: MemoryServer;
let clock: FakeClock;
let holder: Store;
let other: Store;
let lease: Lease;

beforeEach(async () => {
  server = new MemoryServer();
  clock = new FakeClock();
  [holder, other] = [open(), open()];
  await ask(holder, "a");
  await clock.advance(WAIT_MS);
  lease = (await ask(holder, "a")) as Lease;
});

function open(): Store {
  return memcacheStore({ client: server, name: "memcached", clock });
}

function ask(node: Store, token: string): Promise<Lease | LockHeld> {
  return node.acquireLock({ token, ttlMs: TTL_MS, label: `node ${token}` });
}

function lockText(): string {
  return server.items.get(server.keysLike(/:lock$/)[0]!)!.text;
}

function damage({ value, flags }: Damage = { what: "garbage", value: "garbage" }): void {
  server.put(server.keysLike(/:lock$/)[0]!, value, flags);
}

describe("a damaged lock", () => {
  it("is not taken before the usual wait, then by one node, under a higher fence", async () => {
    damage();
    expect(await ask(other, "b")).toMatchObject({ leader: null, reason: expect.stringMatching(/holds "garbage"/) });
    await clock.advance(WAIT_MS - 1);
    expect(await ask(other, "b")).toMatchObject({ retryAfterMs: 1 });
    await clock.advance(1);
    const next = (await ask(other, "b")) as Lease;
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(isLease(await ask(open(), "c"))).toBe(false);
    expect(await holder.renewLock(lease, TTL_MS)).toBe(false);
  });

  it("is written again by its holder, whose lease goes on meanwhile", async () => {
    for (let round = 0; round < 10; round += 1) {
      damage();
      await ask(other, "b");
      expect(await holder.advance(lease, [])).toEqual([]);
      await clock.advance(TTL_MS / 3);
      expect(await holder.renewLock(lease, TTL_MS)).toBe(true);
      expect(await ask(other, "b")).toMatchObject({ leader: { fence: lease.fence } });
    }
  });

  it("is not written again by a holder that was away for so long that another may have come and gone", async () => {
    await clock.advance(TTL_MS / 2 + 1);
    damage();
    expect(await holder.renewLock(lease, TTL_MS)).toBe(false);
    await expect(holder.advance(lease, [])).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(lockText()).toBe("garbage");
  });

  it("is not written again by a holder that has seen the next one, or no lock at all", async () => {
    server.items.delete(server.keysLike(/:lock$/)[0]!);
    expect(await holder.renewLock(lease, TTL_MS)).toBe(false);
    await ask(other, "b");
    damage();
    expect(await holder.renewLock(lease, TTL_MS)).toBe(false);
  });

  it("is free after its holder has released it", async () => {
    damage();
    expect(await holder.releaseLock(lease)).toBe(true);
    expect(isLease(await ask(other, "b"))).toBe(true);
  });

  it("is unreadable whatever it holds, and belongs to no leader", async () => {
    for (const one of [...damagesOf(lockText()), ...wrongFieldsOf(lockText())]) {
      damage(one);
      expect(await open().readLock(), one.what).toBeNull();
      expect(await ask(other, "b"), one.what).toMatchObject({ reason: expect.stringMatching(/cannot be read/) });
    }
  });

  it.each([
    ['{"state":"free","fence":1e300,"ttlMs":2000,"id":"x"}'],
    ['{"state":"free","fence":-1,"ttlMs":2000,"id":"x"}'],
    ['{"state":"free","fence":99999999999999,"ttlMs":2000,"id":"x"}'],
    ['{"state":"free","fence":5,"ttlMs":1e300,"id":"x"}'],
    ['{"state":"free","fence":5,"ttlMs":0,"id":"x"}'],
    ['{"state":"free","fence":5,"ttlMs":86400001,"id":"x"}'],
    ['{"state":"gone","fence":5,"ttlMs":2000,"id":"x"}'],
    ['{"state":"held","fence":5,"ttlMs":2000,"id":"x"}'],
  ])("is also %s", (text) => {
    expect(decodeLock(text)).toBeNull();
  });

  it("cannot be asked for with a lifetime that its item does not have", async () => {
    const request = { token: "b", ttlMs: 86_400_001, label: "b" };
    await expect(other.acquireLock(request)).rejects.toThrow(/lockTtlMs is 86400001.*at most 86400000/);
  });
});
