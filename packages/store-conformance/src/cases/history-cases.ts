import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Store } from "@beatx/core";
import { type CursorMove, RECORD_SLOTS } from "@beatx/core/adapter";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, createMany, moveOf, write } from "./entries.js";
import { lead, takeOver } from "./nodes.js";
import { pause } from "../base/pause.js";

const TEXTS = ["", "a text", '{"at":1,"grüße":"\\n"}', "two\r\nlines \u{1F680}"];

type HistoryCase = Pick<ConformanceCase, "name" | "run">;

function withRecord(move: CursorMove, slot: number, text: string | null = null): CursorMove {
  return { ...move, record: { slot, text } };
}

async function historyOf(node: Store, name: string): Promise<string[]> {
  return [...(await node.getHistory!(name))].sort();
}

/** A store may write records right after the move that was answered, so they are read again for a while. */
const READS = 100;

async function assertHistory(node: Store, name: string, expected: readonly string[]): Promise<void> {
  const sorted = [...expected].sort();
  let found = await historyOf(node, name);
  for (let reads = 1; reads < READS && !isDeepStrictEqual(found, sorted); reads += 1) {
    await pause(5);
    found = await historyOf(node, name);
  }
  assert.deepEqual(found, sorted, `the records of ${JSON.stringify(name)}`);
}

const keepingCases: readonly HistoryCase[] = [
  {
    name: "a move without a record leaves none",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      assert.deepEqual(await historyOf(nodeB, "report"), []);
      await advanceOne(nodeA, await lead(nodeA, ttlMs), moveOf("report", null, "ran", revision));
      assert.deepEqual(await historyOf(nodeB, "report"), []);
      assert.deepEqual(await historyOf(nodeB, "unknown"), []);
    },
  },
  {
    name: "the history has each record byte for byte, and the new cursor where a record has no text of its own",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      let from: string | null = null;
      for (const [slot, text] of [...TEXTS, null].entries()) {
        const move = withRecord(moveOf("report", from, `cursor ${slot}`, revision), slot, text);
        assert.deepEqual(await advanceOne(nodeA, lease, move), { status: "done" });
        from = move.to;
      }
      await assertHistory(nodeB, "report", [...TEXTS, "cursor 4"]);
    },
  },
  {
    name: "a record replaces the one in its slot, in every slot there is",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      for (let count = 0; count < RECORD_SLOTS + 3; count += 1) {
        const from = count === 0 ? null : `cursor ${count - 1}`;
        await advanceOne(
          nodeA,
          lease,
          withRecord(moveOf("report", from, `cursor ${count}`, revision), count % RECORD_SLOTS),
        );
      }
      const newest = Array.from({ length: RECORD_SLOTS }, (_, index) => `cursor ${index + 3}`);
      await assertHistory(nodeB, "report", newest);
    },
  },
  {
    name: "a batch writes the records of the moves that it makes, and of no other",
    async run({ nodeA, nodeB, ttlMs }) {
      const revisions = await createMany(nodeA, ["one", "two", "three", "four", "two 1"]);
      const move = (name: string, from: string | null = null): CursorMove =>
        moveOf(name, from, `cursor of ${name}`, revisions.get(name) ?? "a revision");
      const answers = await nodeA.advance(await lead(nodeA, ttlMs), [
        withRecord(move("one", "not this"), 0, "refused"),
        withRecord(move("two"), 11, "of two"),
        move("three"),
        withRecord(move("missing"), 0, "gone"),
        withRecord(move("four"), 1),
        withRecord(move("two 1"), 1, "of two 1"),
      ]);
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(statuses, ["moved", "done", "done", "changed", "done", "done"]);
      await assertHistory(nodeB, "two", ["of two"]);
      await assertHistory(nodeB, "four", ["cursor of four"]);
      await assertHistory(nodeB, "two 1", ["of two 1"]);
      for (const name of ["one", "three", "missing"]) assert.deepEqual(await historyOf(nodeB, name), [], name);
    },
  },
];

/** Where the step compares only the row, a late move may still be made (I3). */
const fencedCases: readonly HistoryCase[] = [
  {
    name: "a move under a lease that is no longer current writes no record",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      const { stale, current } = await takeOver(nodeA, nodeB, ttlMs);
      const late = withRecord(moveOf("report", null, "late", revision), 0);
      await nodeA.advance(stale, [late]).catch(() => undefined);
      await advanceOne(nodeB, current, withRecord(moveOf("report", null, "ran", revision), 1));
      await assertHistory(nodeB, "report", ["ran"]);
    },
  },
];

const definitionCases: readonly HistoryCase[] = [
  {
    name: "a changed definition keeps the records of its name",
    async run({ nodeA, nodeB, ttlMs }) {
      const revision = await create(nodeA, "report");
      await advanceOne(nodeA, await lead(nodeA, ttlMs), withRecord(moveOf("report", null, "ran", revision), 0));
      await assertHistory(nodeB, "report", ["ran"]);
      await write(nodeB, { name: "report", definition: "changed", expectedRevision: revision });
      await assertHistory(nodeB, "report", ["ran"]);
    },
  },
  {
    name: "an entry that is removed and created again begins without records",
    async run({ nodeA, nodeB, ttlMs }) {
      const [kept, revision] = [await create(nodeA, "report 2"), await create(nodeA, "report")];
      const lease = await lead(nodeA, ttlMs);
      await advanceOne(nodeA, lease, withRecord(moveOf("report 2", null, "kept", kept), 0));
      await advanceOne(nodeA, lease, withRecord(moveOf("report", null, "ran", revision), 0));
      await advanceOne(nodeA, lease, withRecord(moveOf("report", "ran", "ran again", revision), 1));
      await assertHistory(nodeB, "report", ["ran", "ran again"]);
      await write(nodeB, { name: "report", definition: null, expectedRevision: revision });
      assert.deepEqual(await historyOf(nodeB, "report"), []);
      await create(nodeB, "report");
      assert.deepEqual(await historyOf(nodeB, "report"), []);
      await assertHistory(nodeB, "report 2", ["kept"]);
    },
  },
  {
    name: "the records of a long name, and of one with strange characters, are those of that name alone",
    async run({ nodeA, nodeB, ttlMs }) {
      const names = ["n".repeat(2000), `${"n".repeat(1999)}m`, "0:report", "1:0:report", "grüße \u0000\n\u{1F680}"];
      const revisions = await createMany(nodeA, names);
      const moves = names.map((name, slot) =>
        withRecord(moveOf(name, null, `cursor ${slot}`, revisions.get(name)!), slot),
      );
      await nodeA.advance(await lead(nodeA, ttlMs), moves);
      for (const [index, name] of names.entries()) await assertHistory(nodeB, name, [`cursor ${index}`]);
    },
  },
];

/** Records of moves (R48): of stores that keep them. */
export const historyCases: readonly ConformanceCase[] = casesOf("history", [
  ...[...keepingCases, ...definitionCases].map((each) => ({ ...each, needs: keepsHistory })),
  ...fencedCases.map((each) => ({
    ...each,
    needs: (store: Store) => keepsHistory(store) && store.capabilities.fencedWrites,
  })),
]);

function keepsHistory(store: Store): boolean {
  return store.getHistory !== undefined;
}
