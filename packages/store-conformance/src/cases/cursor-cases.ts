import assert from "node:assert/strict";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, createMany, moveOf, readAll, readEntry, write } from "./entries.js";
import { lead } from "./nodes.js";

const SEVERAL_HUNDRED = Array.from({ length: 700 }, (_, index) => `entry ${index}`);

/** Cursors move, each by compare-and-set (R14, R20, R21). */
export const cursorCases: readonly ConformanceCase[] = casesOf("cursors", [
  {
    name: "a cursor moves from null to a text and on to other texts, and the definition stays unchanged",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report", "the definition");
      const lease = await lead(nodeA, ttlMs);
      let from: string | null = null;
      for (const to of ["first", "second", "third"]) {
        assert.deepEqual(await advanceOne(nodeA, lease, moveOf("report", from, to, revision)), { status: "done" });
        const expected = { name: "report", definition: "the definition", revision, cursor: to };
        assert.deepEqual(await readEntry(nodeB, "report"), expected);
        from = to;
      }
    },
  },
  {
    name: "a move from a text other than the cursor returns the cursor and writes nothing",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      const early = await advanceOne(nodeA, lease, moveOf("report", "a text", "next", revision));
      assert.deepEqual(early, { status: "moved", cursor: null });
      await advanceOne(nodeA, lease, moveOf("report", null, "first", revision));
      for (const from of [null, "another", "firs", "first "]) {
        const answer = await advanceOne(nodeA, lease, moveOf("report", from, "next", revision));
        assert.deepEqual(answer, { status: "moved", cursor: "first" }, `from ${JSON.stringify(from)}`);
      }
      assert.equal((await readEntry(nodeB, "report")).cursor, "first");
    },
  },
  {
    name: "a move that is sent twice returns the new cursor the second time",
    async run({ nodeA, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      const move = moveOf("report", null, "first", revision);
      assert.deepEqual(await advanceOne(nodeA, lease, move), { status: "done" });
      assert.deepEqual(await advanceOne(nodeA, lease, move), { status: "moved", cursor: "first" });
    },
  },
  {
    name: "of two simultaneous moves of one cursor, one is made and the other returns the new cursor",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      const [one, other] = await Promise.all([
        advanceOne(nodeA, lease, moveOf("report", null, "by one", revision)),
        advanceOne(nodeB, lease, moveOf("report", null, "by the other", revision)),
      ]);
      const cursor = (await readEntry(nodeA, "report")).cursor;
      const [winner, loser] = one.status === "done" ? [one, other] : [other, one];
      assert.deepEqual(winner, { status: "done" });
      assert.deepEqual(loser, { status: "moved", cursor });
      assert.equal(cursor, winner === one ? "by one" : "by the other");
    },
  },
  {
    name: "a move that was decided under an old definition is refused",
    async run({ nodeA, nodeB, ttlMs }) {
      const old = await create(nodeA, "report");
      const revision = await write(nodeB, { name: "report", definition: "second", expectedRevision: old });
      const lease = await lead(nodeA, ttlMs);
      assert.deepEqual(await advanceOne(nodeA, lease, moveOf("report", null, "ran", old)), { status: "changed" });
      assert.equal((await readEntry(nodeB, "report")).cursor, null);
      assert.deepEqual(await advanceOne(nodeA, lease, moveOf("report", null, "ran", revision)), { status: "done" });
    },
  },
  {
    name: "a move without a definitionRevision is made under any definition",
    async run({ nodeA, nodeB, ttlMs }) {
      const old = await create(nodeA, "report");
      await write(nodeB, { name: "report", definition: "second", expectedRevision: old });
      const lease = await lead(nodeA, ttlMs);
      assert.deepEqual(await advanceOne(nodeA, lease, moveOf("report", null, "ran", null)), { status: "done" });
      assert.equal((await readEntry(nodeB, "report")).cursor, "ran");
    },
  },
  {
    name: "a move of an entry that does not exist is refused and creates nothing",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      await write(nodeB, { name: "report", definition: null, expectedRevision: revision });
      const lease = await lead(nodeA, ttlMs);
      for (const definitionRevision of [revision, null]) {
        for (const name of ["report", "unknown"]) {
          const answer = await advanceOne(nodeA, lease, moveOf(name, null, "ran", definitionRevision));
          assert.deepEqual(answer, { status: "changed" }, name);
        }
      }
      await create(nodeB, "report");
      assert.deepEqual(
        [...(await readAll(nodeB)).values()].map(({ cursor }) => cursor),
        [null],
      );
    },
  },
  {
    name: "a move that is not yet due by the store's clock is refused",
    needs: (store) => store.getTime !== undefined,
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      const nowMs = (await nodeA.getTime?.()) ?? Number.NaN;
      const move = moveOf("report", null, "ran", revision);
      const farAhead = { ...move, dueAt: nowMs + 3_600_000 };
      assert.deepEqual(await advanceOne(nodeA, lease, farAhead), { status: "early" });
      assert.equal((await readEntry(nodeB, "report")).cursor, null);
      assert.deepEqual(await advanceOne(nodeA, lease, { ...move, dueAt: nowMs + 40 }), { status: "done" });
    },
  },
  {
    name: "each move of a batch is made or refused on its own, and the results keep the order",
    async run({ nodeA, nodeB, ttlMs }) {
      const revisions = await createMany(nodeA, ["one", "two", "three", "four"]);
      const lease = await lead(nodeA, ttlMs);
      await advanceOne(nodeA, lease, moveOf("two", null, "ran", revisions.get("two")!));
      const answers = await nodeA.advance(lease, [
        moveOf("two", null, "no", revisions.get("two")!),
        moveOf("one", null, "yes", revisions.get("one")!),
        moveOf("missing", null, "no", "a revision"),
        moveOf("three", null, "no", "another revision"),
        moveOf("four", null, "yes", revisions.get("four")!),
      ]);
      const moved = { status: "moved", cursor: "ran" };
      const [done, changed] = [{ status: "done" }, { status: "changed" }];
      assert.deepEqual(answers, [moved, done, changed, changed, done]);
      const cursors = [...(await readAll(nodeB)).values()].map(({ name, cursor }) => [name, cursor]).sort();
      assert.deepEqual(cursors, [
        ["four", "yes"],
        ["one", "yes"],
        ["three", null],
        ["two", "ran"],
      ]);
    },
  },
  {
    name: "several hundred cursors move in one call",
    async run({ nodeA, nodeB, ttlMs }) {
      const revisions = await createMany(nodeA, SEVERAL_HUNDRED);
      const lease = await lead(nodeA, ttlMs);
      const moves = SEVERAL_HUNDRED.map((name) => moveOf(name, null, `cursor of ${name}`, revisions.get(name)!));
      const answers = await nodeA.advance(lease, moves);
      assert.deepEqual(
        answers,
        moves.map(() => ({ status: "done" })),
      );
      const entries = await readAll(nodeB);
      for (const name of SEVERAL_HUNDRED) assert.equal(entries.get(name)?.cursor, `cursor of ${name}`);
      const again = await nodeA.advance(lease, moves);
      assert.deepEqual(
        again,
        moves.map(({ to }) => ({ status: "moved", cursor: to })),
      );
    },
  },
  {
    name: "an empty list of moves returns an empty list",
    async run({ nodeA, ttlMs }) {
      assert.deepEqual(await nodeA.advance(await lead(nodeA, ttlMs), []), []);
    },
  },
]);
