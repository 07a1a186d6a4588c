import assert from "node:assert/strict";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, collect, create, createMany, moveOf, readAll, readEntry, refresh, write } from "./entries.js";
import { lead } from "./nodes.js";

const MANY = Array.from({ length: 2500 }, (_, index) => `entry ${index}`);

/** Reading the schedule, whole or since a revision. */
export const scheduleCases: readonly ConformanceCase[] = casesOf("schedule", [
  {
    name: "a new namespace has no entries",
    async run({ nodeA }) {
      assert.equal((await readAll(nodeA)).size, 0);
    },
  },
  {
    name: "every node reads an entry that one node created, without a cursor until its first run",
    async run({ nodeA, nodeB }) {
      const revision = await create(nodeA, "report", "the definition");
      for (const node of [nodeA, nodeB]) {
        const expected = { name: "report", definition: "the definition", revision, cursor: null };
        assert.deepEqual([...(await readAll(node)).values()], [expected]);
      }
    },
  },
  {
    name: "thousands of entries come in batches, each name once and with its own definition",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, MANY);
      const entries = await readAll(nodeB);
      assert.equal(entries.size, MANY.length);
      for (const name of MANY) {
        const expected = { name, definition: `definition of ${name}`, revision: revisions.get(name), cursor: null };
        assert.deepEqual(entries.get(name), expected);
      }
    },
  },
  {
    name: "two simultaneous readings do not disturb each other",
    async run({ nodeA }) {
      await createMany(nodeA, MANY);
      const [one, other] = await Promise.all([readAll(nodeA), readAll(nodeA)]);
      assert.deepEqual([one.size, other.size], [MANY.length, MANY.length]);
    },
  },
  {
    name: "a reading can be abandoned after its first batch",
    async run({ nodeA }) {
      await createMany(nodeA, MANY);
      const { batches } = await nodeA.getSchedule();
      for await (const batch of batches) if (batch.length > 0) break;
      assert.equal((await readAll(nodeA)).size, MANY.length);
    },
  },
  {
    name: "a reading carries the schedule's revision",
    async run({ nodeA, nodeB }) {
      await create(nodeA, "report");
      assert.equal((await nodeB.getSchedule()).revision, await nodeA.getRevision());
    },
  },
  {
    name: "a reading since a revision holds everything created, replaced or removed after it",
    async run({ nodeA, nodeB, ttlMs }) {
      const revisions = await createMany(nodeA, ["kept", "replaced", "removed", "created again"]);
      const lease = await lead(nodeA, ttlMs);
      for (const [name, revision] of revisions) await advanceOne(nodeA, lease, moveOf(name, null, "ran", revision));
      const reading = await nodeB.getSchedule();
      const known = await collect(reading);
      const change = (name: string, definition: string | null): Promise<string> =>
        write(nodeA, { name, definition, expectedRevision: revisions.get(name)! });
      await change("replaced", "another definition");
      await change("removed", null);
      await change("created again", null);
      await create(nodeA, "created again");
      await create(nodeA, "new");
      const { entries } = await refresh(nodeB, known, reading.revision);
      assert.deepEqual(entries, await readAll(nodeA));
      assert.deepEqual([...entries.keys()].sort(), ["created again", "kept", "new", "replaced"]);
    },
  },
  {
    name: "readings that each continue from the last one keep up with many changes",
    async run({ nodeA, nodeB }) {
      let { entries: known, revision } = await refresh(nodeB, new Map(), await nodeA.getRevision());
      const written = new Map<string, string>();
      for (let change = 0; change < 60; change += 1) {
        const name = `entry ${(change * 7) % 11}`;
        const definition = change % 5 === 4 ? null : `definition ${change}`;
        if (definition === null && !written.has(name)) continue;
        const newRevision = await write(nodeA, { name, definition, expectedRevision: written.get(name) ?? null });
        if (definition === null) written.delete(name);
        else written.set(name, newRevision);
        if (change % 3 === 0) ({ entries: known, revision } = await refresh(nodeB, known, revision));
      }
      ({ entries: known } = await refresh(nodeB, known, revision));
      assert.deepEqual(known, await readAll(nodeA));
    },
  },
  {
    name: "a reading since the current revision brings nothing new",
    async run({ nodeA }) {
      await createMany(nodeA, ["one", "two"]);
      const known = await readAll(nodeA);
      const { entries, revision } = await refresh(nodeA, known, await nodeA.getRevision());
      assert.deepEqual(entries, known);
      assert.equal(revision, await nodeA.getRevision());
    },
  },
  {
    name: "a change made during a reading is found by the next one, since its revision",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, MANY);
      const reading = await nodeB.getSchedule();
      const batches = reading.batches[Symbol.asyncIterator]();
      const first = await batches.next();
      const seen = [...(first.done ? [] : first.value)];
      await write(nodeA, { name: MANY[0]!, definition: null, expectedRevision: revisions.get(MANY[0]!)! });
      await write(nodeA, { name: MANY.at(-1)!, definition: "new", expectedRevision: revisions.get(MANY.at(-1)!)! });
      await create(nodeA, "created meanwhile");
      for (let next = await batches.next(); !next.done; next = await batches.next()) seen.push(...next.value);
      const known = new Map(seen.map((entry) => [entry.name, entry]));
      const { entries } = await refresh(nodeB, known, reading.revision);
      assert.deepEqual(entries, await readAll(nodeA));
    },
  },
  {
    name: "a reading since an unknown revision is complete",
    async run({ nodeA }) {
      await createMany(nodeA, ["one", "two"]);
      const reading = await nodeA.getSchedule("a revision that was never used");
      assert.equal(reading.complete, true);
      assert.equal((await collect(reading)).size, 2);
    },
  },
  {
    name: "a complete reading holds the current cursors",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      await advanceOne(nodeA, lease, moveOf("report", null, "first", revision));
      assert.equal((await readEntry(nodeB, "report")).cursor, "first");
      await advanceOne(nodeA, lease, moveOf("report", "first", "second", revision));
      assert.equal((await readEntry(nodeB, "report")).cursor, "second");
    },
  },
]);
