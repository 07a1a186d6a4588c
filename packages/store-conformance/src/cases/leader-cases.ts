import assert from "node:assert/strict";
import { systemClock, type Store } from "@beatx/core";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { acquire, assertHolds, assertRefused, eventually, lead, LONG_TTL_MS, newToken } from "./nodes.js";

const DAY_MS = 86_400_000;

/** The time by the store's clock, or by ours with a tolerance for a server that is set differently. */
async function readTime(store: Store): Promise<{ nowMs: number; toleranceMs: number }> {
  const nowMs = await store.getTime?.();
  return nowMs === undefined ? { nowMs: systemClock.now(), toleranceMs: DAY_MS } : { nowMs, toleranceMs: 1 };
}

/** The information about the leader that nodes and people get. */
export const leaderCases: readonly ConformanceCase[] = casesOf("leader", [
  {
    name: "a new namespace has no leader",
    async run({ nodeA }) {
      assert.equal(await nodeA.readLock(), null);
    },
  },
  {
    name: "every node reads the leader's fence and label, byte for byte",
    async run({ nodeA, nodeB, ttlMs }) {
      const label = 'höst:1 "7", {pid}\n%s';
      const lease = await lead(nodeA, ttlMs, newToken(), label);
      for (const node of [nodeA, nodeB]) {
        const info = await node.readLock();
        assert.deepEqual({ fence: info?.fence, label: info?.label }, { fence: lease.fence, label });
      }
    },
  },
  {
    name: "a refusal says who leads and when to ask again",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs, newToken(), "the leader");
      const refusal = await assertRefused(nodeB, ttlMs);
      assert.equal(refusal.leader?.fence, lease.fence);
      assert.equal(refusal.leader?.label, "the leader");
      assert.ok(refusal.retryAfterMs > 0, `retryAfterMs of a held lock is ${refusal.retryAfterMs}`);
      assert.ok(refusal.retryAfterMs <= LONG_TTL_MS * 1.1 + nodeB.capabilities.lockResolutionMs);
    },
  },
  {
    name: "a term starts when the lock is acquired, and renewals do not move its start",
    async run({ nodeA, nodeB, ttlMs }) {
      const { nowMs: beforeMs, toleranceMs } = await readTime(nodeA);
      const lease = await lead(nodeA, ttlMs);
      const { nowMs: afterMs } = await readTime(nodeA);
      const since = (await nodeB.readLock())?.since ?? Number.NaN;
      assert.ok(since >= beforeMs - toleranceMs && since <= afterMs + toleranceMs, `since is ${since}`);
      await assertHolds(nodeA, lease);
      assert.equal((await nodeB.readLock())?.since, since);
    },
  },
  {
    name: "the remaining lifetime is at most the requested one, and a renewal extends it",
    async run({ nodeA, nodeB, ttlMs }) {
      const { lease } = await acquire(nodeA, ttlMs);
      const info = await nodeB.readLock();
      const limitMs = ttlMs * 1.1 + nodeA.capabilities.lockResolutionMs;
      if (info) assert.ok(info.expiresInMs >= 0 && info.expiresInMs <= limitMs, `expiresInMs is ${info.expiresInMs}`);
      if (!(await nodeA.renewLock(lease, LONG_TTL_MS))) await lead(nodeA, ttlMs);
      const renewed = (await nodeB.readLock())?.expiresInMs ?? Number.NaN;
      const longLimitMs = LONG_TTL_MS * 1.1 + nodeA.capabilities.lockResolutionMs;
      assert.ok(renewed > LONG_TTL_MS / 2 && renewed <= longLimitMs, `expiresInMs is ${renewed} after a renewal`);
    },
  },
  {
    name: "there is no leader after a release",
    async run({ nodeA, nodeB, ttlMs }) {
      await nodeA.releaseLock(await lead(nodeA, ttlMs));
      assert.equal(await nodeB.readLock(), null);
    },
  },
  {
    name: "there is no leader after the lease has run out",
    async run({ nodeA, nodeB, ttlMs }) {
      await acquire(nodeA, ttlMs);
      await eventually("readLock returning null", async () => (await nodeB.readLock()) === null);
    },
  },
  {
    name: "after a handover every node reads the new leader",
    async run({ nodeA, nodeB, ttlMs }) {
      await nodeA.releaseLock(await lead(nodeA, ttlMs, newToken(), "the first"));
      const { fence } = await lead(nodeB, ttlMs, newToken(), "the second");
      const info = await nodeA.readLock();
      assert.deepEqual({ fence: info?.fence, label: info?.label }, { fence, label: "the second" });
    },
  },
  {
    name: "only the holder of a lease ever sees its token",
    async run({ nodeA, nodeB, ttlMs }) {
      const { token } = await lead(nodeA, ttlMs);
      const shown = JSON.stringify([await assertRefused(nodeB, ttlMs), await nodeB.readLock()]);
      assert.ok(!shown.includes(token), `another node can read the leader's token: ${shown}`);
    },
  },
]);
