import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { OutboxMark } from "@beatx/core/adapter";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, createMany, moveOf, readEntry } from "./entries.js";
import { holdCases } from "./hold-cases.js";
import { newQueue, type OutboxCase, withOutbox } from "./new-queue.js";
import { assertRejects, lead, takeOver } from "./nodes.js";

const MESSAGES = ["the first", '{"die":"zweite\\n"}', "third \u{1F680}\r\n"];

const moveAndPushCases: readonly OutboxCase[] = [
  {
    name: "a move pushes its messages in order, and only once even if it is sent twice",
    async run(context) {
      const { nodeA, nodeB, ttlMs } = context;
      const queue = await newQueue(context);
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      const move = withOutbox(moveOf("report", null, "ran", revision), queue.writes(MESSAGES));
      assert.deepEqual(await advanceOne(nodeA, lease, move), { status: "done" });
      assert.deepEqual(await advanceOne(nodeB, lease, move), { status: "moved", cursor: "ran" });
      assert.deepEqual(await queue.read(), MESSAGES);
    },
  },
  {
    name: "a batch pushes messages in the order of its moves, and none of a refused move",
    async run(context) {
      const { nodeA, ttlMs } = context;
      const queue = await newQueue(context);
      const revisions = await createMany(nodeA, ["one", "two", "three"]);
      const lease = await lead(nodeA, ttlMs);
      const answers = await nodeA.advance(lease, [
        withOutbox(moveOf("one", null, "ran", revisions.get("one")!), queue.writes(["1a", "1b"])),
        withOutbox(moveOf("two", "not this", "ran", revisions.get("two")!), queue.writes(["moved"])),
        withOutbox(moveOf("two", null, "ran", "another revision"), queue.writes(["changed"])),
        withOutbox(moveOf("missing", null, "ran", null), queue.writes(["gone"])),
        withOutbox(moveOf("three", null, "ran", revisions.get("three")!), queue.writes(["3"])),
      ]);
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(statuses, ["done", "moved", "changed", "changed", "done"]);
      assert.deepEqual(await queue.read(), ["1a", "1b", "3"]);
    },
  },
  {
    name: "a move under a lease that is no longer current pushes nothing",
    async run(context) {
      const { nodeA, nodeB, ttlMs } = context;
      const queue = await newQueue(context);
      const revision = await create(nodeA, "report");
      const { stale } = await takeOver(nodeA, nodeB, ttlMs);
      const move = withOutbox(moveOf("report", null, "ran", revision), queue.writes(MESSAGES));
      await assertRejects(nodeA.advance(stale, [move]), "advance under a stale lease", "LOCK_LOST");
      assert.deepEqual(await queue.read(), []);
    },
  },
  {
    name: "a move to a queue that takes no pushes is refused whole, and the rest of the batch is made",
    async run(context) {
      const { nodeA, nodeB, ttlMs } = context;
      const [queue, broken] = [await newQueue(context), await newQueue(context)];
      const revisions = await createMany(nodeA, ["one", "two"]);
      const lease = await lead(nodeA, ttlMs);
      const { database } = await broken.probe.leaveMark();
      await broken.probe.breakQueue(database, broken.key);
      const half = [...queue.writes(["half"]), ...broken.writes(["other half"])];
      const [refused, done] = await nodeA.advance(lease, [
        withOutbox(moveOf("one", null, "ran", revisions.get("one")!), half),
        withOutbox(moveOf("two", null, "ran", revisions.get("two")!), queue.writes(["whole"])),
      ]);
      assert.ok(refused?.status === "refused" && refused.reason !== "", `answered ${JSON.stringify(refused)}`);
      assert.deepEqual(done, { status: "done" });
      assert.deepEqual(await queue.read(), ["whole"]);
      assert.equal((await readEntry(nodeB, "one")).cursor, null);
    },
  },
  {
    name: "a mark under another key or with another value is not found",
    async run(context) {
      const queue = await newQueue(context);
      const mark = await queue.probe.leaveMark();
      const strange: OutboxMark[] = [
        { ...mark, value: randomUUID() },
        { ...mark, key: `${mark.key}-other` },
      ];
      for (const other of strange) assert.equal(await context.nodeA.reachesOutbox?.(other), false);
    },
  },
];

/** The cursor moves and the messages are pushed in one atomic step (R20). */
export const outboxCases: readonly ConformanceCase[] = casesOf(
  "outbox",
  [...moveAndPushCases, ...holdCases].map((outboxCase) => ({
    ...outboxCase,
    needs: (store) => store.capabilities.outbox,
  })),
);
