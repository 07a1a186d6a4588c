import assert from "node:assert/strict";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, createMany, moveOf, readAll, readNames, write } from "./entries.js";
import { lead } from "./nodes.js";
import { ODD_NAMES } from "./text-cases.js";

const MANY = Array.from({ length: 2500 }, (_, index) => `entry ${index}`);

/** Reading entries by name. */
export const nameCases: readonly ConformanceCase[] = casesOf("names", [
  {
    name: "entries that are read by name are those of a complete reading, with their cursors",
    async run({ nodeA, nodeB, ttlMs }) {
      const revisions = await createMany(nodeA, ["ran", "new", "other"]);
      const lease = await lead(nodeA, ttlMs);
      await advanceOne(nodeA, lease, moveOf("ran", null, "first", revisions.get("ran")!));
      const all = await readAll(nodeA);
      for (const node of [nodeA, nodeB]) {
        const entries = await readNames(node, ["new", "ran"]);
        assert.deepEqual([...entries.keys()].sort(), ["new", "ran"]);
        for (const [name, entry] of entries) assert.deepEqual(entry, all.get(name));
        assert.equal(entries.get("ran")?.cursor, "first");
      }
    },
  },
  {
    name: "names that do not exist, or exist no more, are left out when entries are read by name",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, ["kept", "removed"]);
      await write(nodeA, { name: "removed", definition: null, expectedRevision: revisions.get("removed")! });
      const names = ["removed", "kep", "kept ", "KEPT", "", "__proto__", "kept"];
      assert.deepEqual([...(await readNames(nodeB, names)).keys()], ["kept"]);
      assert.deepEqual(await nodeB.getEntries(["never"]), []);
      assert.deepEqual(await nodeB.getEntries([]), []);
    },
  },
  {
    name: "an entry that is read by name shows every change that was answered before",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      let revision: string | null = null;
      for (let round = 0; round < 5; round += 1) {
        revision = await write(nodeA, { name: "report", definition: `text ${round}`, expectedRevision: revision });
        const cursor = round === 0 ? null : `run ${round - 1}`;
        const stored = { name: "report", definition: `text ${round}`, revision, cursor };
        assert.deepEqual(await nodeB.getEntries(["report"]), [stored]);
        await advanceOne(nodeA, lease, moveOf("report", cursor, `run ${round}`, revision));
        assert.deepEqual(await nodeB.getEntries(["report"]), [{ ...stored, cursor: `run ${round}` }]);
      }
      await write(nodeA, { name: "report", definition: null, expectedRevision: revision });
      assert.deepEqual(await nodeB.getEntries(["report"]), []);
      const again = await create(nodeA, "report", "again");
      const stored = { name: "report", definition: "again", revision: again, cursor: null };
      assert.deepEqual(await nodeB.getEntries(["report"]), [stored]);
    },
  },
  {
    name: "thousands of entries are read by name in one call",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, MANY);
      const entries = await readNames(nodeB, ["missing", ...MANY]);
      assert.equal(entries.size, MANY.length);
      for (const [name, revision] of revisions) {
        const stored = { name, definition: `definition of ${name}`, revision, cursor: null };
        assert.deepEqual(entries.get(name), stored);
      }
    },
  },
  {
    name: "an entry of any name is read by its name, and no other one with it",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, ODD_NAMES);
      for (const name of ODD_NAMES) {
        const stored = { name, definition: `definition of ${name}`, revision: revisions.get(name)!, cursor: null };
        assert.deepEqual(await nodeB.getEntries([name]), [stored]);
      }
    },
  },
]);
