import assert from "node:assert/strict";
import { isLease } from "@beatx/core";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { ask, assertHolds, assertRefused, inOneTerm, lead, newToken, takeOver } from "./nodes.js";

/** Two nodes, one lease (R3, R6). */
export const leaseCases: readonly ConformanceCase[] = casesOf("lease", [
  {
    name: "while one node holds the lease, another one is refused",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await assertRefused(nodeB, ttlMs);
      await assertRefused(nodeA, ttlMs);
      await assertHolds(nodeA, lease);
    },
  },
  {
    name: "asking again with the token that holds the lock answers the same lease",
    async run({ nodeA, nodeB, ttlMs }) {
      for (const node of [nodeA, nodeB]) {
        const token = newToken();
        const lease = await lead(nodeA, ttlMs, token);
        assert.equal(lease.token, token);
        assert.deepEqual(await ask(node, ttlMs, token), lease, "the token counts, not the connection");
        await nodeA.releaseLock(lease);
      }
    },
  },
  {
    name: "one token that is sent over two connections at once gets one lease",
    async run({ nodeA, nodeB, ttlMs }) {
      const freeLock = async (): Promise<unknown> => nodeA.releaseLock(await lead(nodeA, ttlMs));
      await inOneTerm(ttlMs, freeLock, async () => {
        const token = newToken();
        const answers = await Promise.all([nodeA, nodeB].map((node) => ask(node, ttlMs, token)));
        const leases = answers.filter((answer) => isLease(answer));
        assert.ok(leases.length > 0, "the lock was free and nobody got it");
        assert.deepEqual(leases.at(-1), leases[0]);
        assert.deepEqual(await ask(nodeA, ttlMs, token), leases[0]);
      });
    },
  },
  {
    name: "a token that only begins like the leader's is a stranger's",
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
    name: "a lease with another token or another fence renews nothing",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      for (const stranger of [{ token: newToken() }, { fence: lease.fence - 1 }, { fence: lease.fence + 1 }]) {
        assert.equal(await nodeB.renewLock({ ...lease, ...stranger }, ttlMs), false, JSON.stringify(stranger));
      }
      await assertHolds(nodeA, lease);
    },
  },
  {
    name: "a lease with another token or another fence releases nothing",
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
    name: "a release hands over at once: the first ask of another node succeeds",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await assertRefused(nodeB, ttlMs);
      assert.equal(await nodeA.releaseLock(lease), true);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "the lock was released and the next ask was refused");
    },
  },
  {
    name: "a release can be repeated, and the repetition says that nothing was held",
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
    name: "a released lease is never renewed, whether the lock is free or another node leads",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(lease);
      assert.equal(await nodeA.renewLock(lease, ttlMs), false);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "a refused renewal took the lock");
      assert.equal(await nodeA.renewLock(lease, ttlMs), false);
    },
  },
  {
    name: "a token that comes back under a newer fence does not bring back its old lease",
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
    name: "a leader whose lease ran out cannot renew, release or get back its term once another node leads",
    async run({ nodeA, nodeB, ttlMs }) {
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      assert.equal(await nodeA.renewLock(stale, ttlMs), false);
      assert.equal(await nodeA.releaseLock(stale), false);
      await assertRefused(nodeA, ttlMs, stale.token);
      await assertHolds(nodeB, current);
    },
  },
  {
    name: "a lease that ran out stays dead after the next leader has gone as well",
    async run({ nodeA, nodeB, ttlMs }) {
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      assert.equal(await nodeB.releaseLock(current), true);
      assert.equal(await nodeA.renewLock(stale, ttlMs), false);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "a refused renewal took the free lock");
    },
  },
]);
