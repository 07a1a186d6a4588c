import assert from "node:assert/strict";
import type { Store } from "@beatx/core";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, moveOf, readEntry, write } from "./entries.js";
import { lead } from "./nodes.js";

/** Remembers the schedule's revisions and asserts that each one is new. */
function watchRevisions(node: Store): (event: string) => Promise<void> {
  const seen = new Set<string>();
  return async (event) => {
    const revision = await node.getRevision();
    assert.ok(!seen.has(revision), `after ${event} the schedule has the revision ${revision} again`);
    seen.add(revision);
  };
}

/** Nodes learn of changes from revisions. */
export const revisionCases: readonly ConformanceCase[] = casesOf("revisions", [
  {
    name: "creating, replacing or removing an entry gives the schedule a revision that it never had before",
    async run({ nodeA, nodeB }) {
      const expectNew = watchRevisions(nodeB);
      await expectNew("the beginning");
      for (let time = 1; time <= 3; time += 1) {
        const created = await create(nodeA, "report", "first");
        await expectNew("a creation");
        const replaced = await write(nodeA, { name: "report", definition: "second", expectedRevision: created });
        await expectNew("a replacement");
        await write(nodeA, { name: "report", definition: null, expectedRevision: replaced });
        await expectNew("a removal");
      }
    },
  },
  {
    name: "the schedule's revision is the same for all nodes, and stays the same while nothing changes",
    async run({ nodeA, nodeB }) {
      await create(nodeA, "report");
      const revision = await nodeA.getRevision();
      assert.equal(typeof revision, "string");
      assert.deepEqual([await nodeB.getRevision(), await nodeA.getRevision()], [revision, revision]);
    },
  },
  {
    name: "moving a cursor changes neither the schedule's revision nor the entry's",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      const before = await nodeB.getRevision();
      await advanceOne(nodeA, lease, moveOf("report", null, "first", revision));
      assert.equal(await nodeB.getRevision(), before);
      assert.equal((await readEntry(nodeB, "report")).revision, revision);
    },
  },
  {
    name: "acquiring, renewing and releasing the lease does not change the schedule's revision",
    async run({ nodeA, nodeB, ttlMs }) {
      await create(nodeA, "report");
      const before = await nodeB.getRevision();
      await nodeA.releaseLock(await lead(nodeA, ttlMs));
      assert.equal(await nodeB.getRevision(), before);
    },
  },
  {
    name: "each write gives an entry a new revision, even for the same text and after a removal",
    async run({ nodeA }) {
      const seen = new Set<string>();
      let last: string | null = null;
      for (const definition of ["same", "same", "other", "same", null, "same", null, "same"]) {
        const revision = await write(nodeA, { name: "report", definition, expectedRevision: last });
        if (definition !== null) {
          assert.ok(!seen.has(revision), `the revision ${revision} was used twice for one name`);
          seen.add(revision);
        }
        last = definition === null ? null : revision;
      }
    },
  },
  {
    name: "every node reads the revision that a write returned",
    async run({ nodeA, nodeB }) {
      const created = await create(nodeA, "report");
      assert.equal((await readEntry(nodeB, "report")).revision, created);
      const replaced = await write(nodeB, { name: "report", definition: "second", expectedRevision: created });
      assert.equal((await readEntry(nodeA, "report")).revision, replaced);
    },
  },
]);
