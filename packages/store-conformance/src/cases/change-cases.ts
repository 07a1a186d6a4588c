import assert from "node:assert/strict";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, createMany, moveOf, readAll, readEntry, write } from "./entries.js";
import { lead } from "./nodes.js";

/** Definitions are written, each by compare-and-set (R28). */
export const changeCases: readonly ConformanceCase[] = casesOf("changes", [
  {
    name: "creating an entry that exists is a conflict, which returns the stored entry",
    async run({ nodeA, nodeB }) {
      const revision = await create(nodeA, "report", "first");
      const results = await nodeB.setSchedule([{ name: "report", definition: "second", expectedRevision: null }]);
      const entry = { name: "report", definition: "first", revision, cursor: null };
      assert.deepEqual(results, [{ status: "conflict", entry }]);
      assert.deepEqual(await readEntry(nodeA, "report"), entry);
    },
  },
  {
    name: "replacing or removing an old revision of an entry is a conflict, which returns the stored entry",
    async run({ nodeA, nodeB, ttlMs }) {
      const old = await create(nodeA, "report", "first");
      const revision = await write(nodeB, { name: "report", definition: "second", expectedRevision: old });
      await advanceOne(nodeA, await lead(nodeA, ttlMs), moveOf("report", null, "ran", revision));
      const entry = { name: "report", definition: "second", revision, cursor: "ran" };
      for (const definition of ["third", null]) {
        const results = await nodeA.setSchedule([{ name: "report", definition, expectedRevision: old }]);
        assert.deepEqual(results, [{ status: "conflict", entry }]);
      }
      assert.deepEqual(await readEntry(nodeB, "report"), entry);
    },
  },
  {
    name: "replacing or removing an entry that was removed is a conflict, which returns null and restores nothing",
    async run({ nodeA, nodeB }) {
      const revision = await create(nodeA, "report");
      await write(nodeB, { name: "report", definition: null, expectedRevision: revision });
      for (const definition of ["again", null]) {
        const results = await nodeA.setSchedule([{ name: "report", definition, expectedRevision: revision }]);
        assert.deepEqual(results, [{ status: "conflict", entry: null }]);
      }
      assert.equal((await readAll(nodeA)).size, 0);
    },
  },
  {
    name: "each change of a batch succeeds or conflicts on its own, and the results keep the order",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, ["replaced", "removed", "kept"]);
      const results = await nodeB.setSchedule([
        { name: "kept", definition: "no", expectedRevision: "another revision" },
        { name: "created", definition: "new", expectedRevision: null },
        { name: "replaced", definition: "yes", expectedRevision: revisions.get("replaced")! },
        { name: "kept", definition: "no", expectedRevision: null },
        { name: "removed", definition: null, expectedRevision: revisions.get("removed")! },
        { name: "missing", definition: "no", expectedRevision: "a revision" },
      ]);
      const statuses = results.map((result) => result.status);
      assert.deepEqual(statuses, ["conflict", "done", "done", "conflict", "done", "conflict"]);
      const stored = [...(await readAll(nodeA)).values()].map(({ name, definition }) => [name, definition]).sort();
      assert.deepEqual(stored, [
        ["created", "new"],
        ["kept", "definition of kept"],
        ["replaced", "yes"],
      ]);
    },
  },
  {
    name: "replacing a definition keeps the cursor",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      await advanceOne(nodeA, await lead(nodeA, ttlMs), moveOf("report", null, "ran", revision));
      const replaced = await write(nodeB, { name: "report", definition: "second", expectedRevision: revision });
      const expected = { name: "report", definition: "second", revision: replaced, cursor: "ran" };
      assert.deepEqual(await readEntry(nodeA, "report"), expected);
    },
  },
  {
    name: "an entry that is removed and created again has no cursor",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      await advanceOne(nodeA, await lead(nodeA, ttlMs), moveOf("report", null, "ran", revision));
      await write(nodeB, { name: "report", definition: null, expectedRevision: revision });
      await create(nodeB, "report");
      assert.equal((await readEntry(nodeA, "report")).cursor, null);
    },
  },
  {
    name: "removing one entry leaves the others unchanged",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, ["one", "two", "three"]);
      const before = await readAll(nodeA);
      await write(nodeB, { name: "two", definition: null, expectedRevision: revisions.get("two")! });
      const after = await readAll(nodeA);
      assert.deepEqual([...after.keys()].sort(), ["one", "three"]);
      for (const name of after.keys()) assert.deepEqual(after.get(name), before.get(name));
    },
  },
  {
    name: "a leader writes definitions under its lease while clients write without one",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      await write(nodeA, { name: "by the leader", definition: "x", expectedRevision: null }, lease);
      await write(nodeB, { name: "by a client", definition: "x", expectedRevision: null });
      assert.equal((await readAll(nodeA)).size, 2);
    },
  },
  {
    name: "an empty list of changes returns an empty list and changes nothing",
    async run({ nodeA }) {
      const before = await nodeA.getRevision();
      assert.deepEqual(await nodeA.setSchedule([]), []);
      assert.equal(await nodeA.getRevision(), before);
    },
  },
]);
