import assert from "node:assert/strict";
import { type Store, systemClock } from "@beatx/core";
import type { Lease } from "@beatx/core/adapter";
import { casesOf, type CaseContext, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, moveOf, readAll, readEntry } from "./entries.js";
import { assertRejects, lead, newToken, takeOver } from "./nodes.js";

/** Asserts that no node can write anything under the lease. */
async function assertPowerless(nodes: readonly Store[], lease: Lease, revision: string): Promise<void> {
  const [reader] = nodes;
  const before = await readAll(reader!);
  const change = { name: "by a stale leader", definition: "x", expectedRevision: null };
  for (const node of nodes) {
    const moves = [moveOf("report", null, "stale", revision), moveOf("report", null, "staler", null)];
    await assertRejects(node.advance(lease, moves), "advance under a lease that is not current", "LOCK_LOST");
    await assertRejects(node.setSchedule([change], lease), "setSchedule under such a lease", "LOCK_LOST");
  }
  assert.deepEqual(await readAll(reader!), before, "a write landed under a lease that is not current");
}

type StaleWriteCase = Pick<ConformanceCase, "name" | "run">;

const staleLeaseCases: readonly StaleWriteCase[] = [
  {
    name: "nothing is written under a lease that ran out once another node leads",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      await assertPowerless([nodeA, nodeB], stale, revision);
      const move = moveOf("report", null, "by the new leader", revision);
      assert.deepEqual(await advanceOne(nodeB, current, move), { status: "done" });
    },
  },
  {
    name: "nothing is written under a released lease",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(lease);
      await assertPowerless([nodeA, nodeB], lease, revision);
      await lead(nodeB, ttlMs);
      await assertPowerless([nodeA, nodeB], lease, revision);
    },
  },
  {
    name: "nothing is written under a lease with the wrong token or the wrong fence",
    async run({ nodeA, nodeB, ttlMs }: CaseContext) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      for (const stranger of [{ token: newToken() }, { fence: lease.fence - 1 }, { fence: lease.fence + 1 }]) {
        await assertPowerless([nodeA, nodeB], { ...lease, ...stranger }, revision);
      }
      await advanceOne(nodeA, lease, moveOf("report", null, "by the leader", revision));
      assert.equal((await readEntry(nodeB, "report")).cursor, "by the leader");
    },
  },
  {
    name: "nothing is written under an old lease whose token has got a new lease",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const old = await lead(nodeA, ttlMs);
      await nodeA.releaseLock(old);
      await lead(nodeA, ttlMs, old.token);
      await assertPowerless([nodeA, nodeB], old, revision);
    },
  },
  {
    name: "nothing is written under the lease of another namespace",
    async run({ nodeA, namespace, ttlMs, open }) {
      const other = await open(`${namespace}-other`);
      const revision = await create(other, "report");
      await assertPowerless([other], await lead(nodeA, ttlMs), revision);
    },
  },
  {
    name: "nothing is written while no node leads",
    async run({ nodeA }) {
      const revision = await create(nodeA, "report");
      await assertPowerless([nodeA], { token: newToken(), fence: systemClock.now() }, revision);
    },
  },
];

/** No stale write lands (I3, R3). */
export const staleWriteCases: readonly ConformanceCase[] = casesOf(
  "stale-writes",
  staleLeaseCases.map((staleWriteCase) => ({ ...staleWriteCase, needs: (store) => store.capabilities.fencedWrites })),
);
