import assert from "node:assert/strict";
import { isLease } from "@beatx/core/adapter";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { ask, assertHolds, assertRefused, inOneTerm, lead, newToken, takeOver } from "./nodes.js";

/** Two nodes compete for one lease (R3, R6). */
export const leaseCases: readonly ConformanceCase[] = casesOf("lease", [
  {
    name: "while one node holds the lease, every request with another token is refused",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await assertRefused(nodeB, ttlMs);
      await assertRefused(nodeA, ttlMs);
      await assertHolds(nodeA, lease);
    },
  },
  {
    name: "acquiring again with the same token returns the same lease",
    async run({ nodeA, nodeB, ttlMs }) {
      for (const node of [nodeA, nodeB]) {
        const token = newToken();
        const lease = await lead(nodeA, ttlMs, token);
        assert.equal(lease.token, token);
        assert.deepEqual(await ask(node, ttlMs, token), lease, "the lease belongs to the token, not to the connection");
        await nodeA.releaseLock(lease);
      }
    },
  },
  {
    name: "two simultaneous requests with the same token get the same lease",
    async run({ nodeA, nodeB, ttlMs }) {
      const freeLock = async (): Promise<unknown> => nodeA.releaseLock(await lead(nodeA, ttlMs));
      await inOneTerm(ttlMs, freeLock, async () => {
        const token = newToken();
        const answers = await Promise.all([nodeA, nodeB].map((node) => ask(node, ttlMs, token)));
        const leases = answers.filter((answer) => isLease(answer));
        assert.ok(leases.length > 0, "the lock was free, but neither request got it");
        assert.deepEqual(leases.at(-1), leases[0]);
        assert.deepEqual(await ask(nodeA, ttlMs, token), leases[0]);
      });
    },
  },
  {
    name: "a token that is a prefix or an extension of the leader's is refused",
    async run({ nodeA, nodeB, ttlMs }) {
      const token = newToken();
      const lease = await lead(nodeA, ttlMs, token);
      for (const other of [token.slice(0, -1), `${token}0`, `${token}:${lease.fence}`]) {
        await assertRefused(nodeB, ttlMs, other);
        assert.equal(await nodeB.renewLock({ token: other, fence: lease.fence }, ttlMs), false);
      }
      await assertHolds(nodeA, lease);
    },
  },
  {
    name: "a renewal with the wrong token or the wrong fence is refused",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      for (const stranger of [{ token: newToken() }, { fence: lease.fence - 1 }, { fence: lease.fence + 1 }]) {
        assert.equal(await nodeB.renewLock({ ...lease, ...stranger }, ttlMs), false, JSON.stringify(stranger));
      }
      await assertHolds(nodeA, lease);
    },
  },
  {
    name: "a release with the wrong token or the wrong fence is refused",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      for (const stranger of [{ token: newToken() }, { fence: lease.fence - 1 }, { fence: lease.fence + 1 }]) {
        assert.equal(await nodeB.releaseLock({ ...lease, ...stranger }), false, JSON.stringify(stranger));
      }
      await assertHolds(nodeA, lease);
      await assertRefused(nodeB, ttlMs);
    },
  },
  {
    name: "after a release the next request of another node gets the lease at once",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await assertRefused(nodeB, ttlMs);
      assert.equal(await nodeA.releaseLock(lease), true);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "the lock was released, but the next request was refused");
    },
  },
  {
    name: "a repeated release returns false and leaves the next leader its lease",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      assert.equal(await nodeA.releaseLock(lease), true);
      assert.equal(await nodeA.releaseLock(lease), false);
      const next = await lead(nodeB, ttlMs);
      assert.equal(await nodeA.releaseLock(lease), false);
      await assertHolds(nodeB, next);
    },
  },
  {
    name: "a released lease cannot be renewed, whether the lock is free or another node leads",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(lease);
      assert.equal(await nodeA.renewLock(lease, ttlMs), false);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "a refused renewal took the lock");
      assert.equal(await nodeA.renewLock(lease, ttlMs), false);
    },
  },
  {
    name: "an old lease stays invalid when its token gets a new lease",
    async run({ nodeA, ttlMs }) {
      const old = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(old);
      const current = await lead(nodeA, ttlMs, old.token);
      assert.equal(await nodeA.renewLock(old, ttlMs), false);
      assert.equal(await nodeA.releaseLock(old), false);
      await assertHolds(nodeA, current);
    },
  },
  {
    name: "once another node leads, a lease that ran out cannot be renewed, released or acquired again",
    async run({ nodeA, nodeB, ttlMs }) {
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      assert.equal(await nodeA.renewLock(stale, ttlMs), false);
      assert.equal(await nodeA.releaseLock(stale), false);
      await assertRefused(nodeA, ttlMs, stale.token);
      await assertHolds(nodeB, current);
    },
  },
  {
    name: "a lease that ran out stays invalid after the next leader has released",
    async run({ nodeA, nodeB, ttlMs }) {
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      assert.equal(await nodeB.releaseLock(current), true);
      assert.equal(await nodeA.renewLock(stale, ttlMs), false);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "a refused renewal took the free lock");
    },
  },
]);
