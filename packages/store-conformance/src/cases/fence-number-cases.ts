import assert from "node:assert/strict";
import { systemClock } from "@beatx/core";
import { isLease } from "@beatx/core/adapter";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { ask, assertHolds, lead, newToken, takeOver } from "./nodes.js";

/** Without a store clock the fence follows the clock of some node, which may differ from ours. */
const CLOCK_TOLERANCE_MS = 3_600_000;

/** The fence only grows (R2). */
export const fenceNumberCases: readonly ConformanceCase[] = casesOf("fence-numbers", [
  {
    name: "the fence is a whole number, not less than the clock in milliseconds",
    async run({ nodeA, ttlMs }) {
      const lowest = (await nodeA.getTime?.()) ?? systemClock.now() - CLOCK_TOLERANCE_MS;
      const { fence } = await lead(nodeA, ttlMs);
      assert.ok(Number.isSafeInteger(fence), `the fence is ${fence}`);
      assert.ok(fence >= Math.floor(lowest), `the fence ${fence} is below the clock (${lowest})`);
    },
  },
  {
    name: "the fence rises with every acquisition, even with several in one millisecond",
    async run({ nodeA, nodeB, ttlMs }) {
      let last = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(last);
      for (let term = 0; term < 50; term += 1) {
        const node = term % 2 === 0 ? nodeB : nodeA;
        const next = await ask(node, ttlMs);
        assert.ok(isLease(next), "the lock was released, but the next request was refused");
        assert.ok(next.fence > last.fence, `the fence ${next.fence} came after ${last.fence}`);
        await node.releaseLock(next);
        last = next;
      }
    },
  },
  {
    name: "the fence rises when a lease runs out and another node takes over",
    async run({ nodeA, nodeB, ttlMs }) {
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      assert.ok(current.fence > stale.fence, `the fence ${current.fence} came after ${stale.fence}`);
    },
  },
  {
    name: "the fence rises when a node releases the lock and acquires it again",
    async run({ nodeA, ttlMs }) {
      const first = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(first);
      const second = await lead(nodeA, ttlMs, newToken());
      assert.ok(second.fence > first.fence, `the fence ${second.fence} came after ${first.fence}`);
    },
  },
  {
    name: "the fence rises when every client is closed and opened again",
    async run({ nodeA, nodeB, ttlMs, open }) {
      const first = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(first);
      await Promise.all([nodeA.close(), nodeB.close()]);
      const second = await lead(await open(), ttlMs);
      assert.ok(second.fence > first.fence, `the fence ${second.fence} came after ${first.fence}`);
    },
  },
  {
    name: "the fence stays the same for the whole term",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await assertHolds(nodeA, lease);
      assert.equal((await nodeB.readLock())?.fence, lease.fence);
      assert.deepEqual(await ask(nodeA, ttlMs, lease.token), lease);
    },
  },
]);
