import assert from "node:assert/strict";
import type { CursorMove } from "@beatx/core/adapter";
import { pause } from "../base/pause.js";
import { advanceOne, createMany, moveOf, readEntry } from "./entries.js";
import { newQueue, type OutboxCase, type Queue, withOutbox } from "./new-queue.js";
import { lead } from "./nodes.js";

const LONG_MS = 3_600_000;
const SHORT_MS = 1_000;
/** A lease that outlives the wait; a server that has just been started grants none before its lifetime has passed. */
const LEASE_MS = 20_000;

/** A write of the message `id`, which is held up by others with the same key. */
function writeUnlessHeld(queue: Queue, key: string, id: string, ttlMs = LONG_MS) {
  return queue
    .writes([id])
    .map((write) => ({ ...write, unlessHeld: { key: `${queue.key}-${key}`, value: id, ttlMs } }));
}

/** Writes that are made unless another message holds a key (R52). */
export const holdCases: readonly OutboxCase[] = [
  {
    name: "a move whose key another message holds is held, and nothing of it is written",
    async run(context) {
      const { nodeA, nodeB, ttlMs } = context;
      const queue = await newQueue(context);
      const revisions = await createMany(nodeA, ["one", "two", "three"]);
      const lease = await lead(nodeA, ttlMs);
      const moveTo = (name: string, key: string, id: string): CursorMove =>
        withOutbox(moveOf(name, null, "ran", revisions.get(name)!), writeUnlessHeld(queue, key, id));
      assert.deepEqual(await advanceOne(nodeA, lease, moveTo("one", "a", "1")), { status: "done" });
      const answers = await nodeA.advance(lease, [moveTo("two", "a", "2"), moveTo("three", "b", "3")]);
      assert.deepEqual(answers, [{ status: "held" }, { status: "done" }]);
      assert.deepEqual(await queue.read(), ["1", "3"]);
      assert.equal((await readEntry(nodeB, "two")).cursor, null);
    },
  },
  {
    name: "a move holds its key against a later one of the same batch, and a refused one holds none",
    async run(context) {
      const { nodeA, ttlMs } = context;
      const queue = await newQueue(context);
      const revisions = await createMany(nodeA, ["one", "two", "three"]);
      const lease = await lead(nodeA, ttlMs);
      const moveTo = (name: string, id: string, revision = revisions.get(name)!): CursorMove =>
        withOutbox(moveOf(name, null, "ran", revision), writeUnlessHeld(queue, "a", id));
      const moves = [moveTo("one", "1", "another revision"), moveTo("two", "2"), moveTo("three", "3")];
      const statuses = (await nodeA.advance(lease, moves)).map(({ status }) => status);
      assert.deepEqual(statuses, ["changed", "done", "held"]);
      assert.deepEqual(await queue.read(), ["2"]);
    },
  },
  {
    name: "a move is not held by the key of its own message",
    async run(context) {
      const { nodeA, ttlMs } = context;
      const [queue, other] = [await newQueue(context), await newQueue(context)];
      const revisions = await createMany(nodeA, ["one", "two"]);
      const lease = await lead(nodeA, ttlMs);
      // One message that goes to two queues, and again.
      const both = [...writeUnlessHeld(queue, "a", "1"), ...writeUnlessHeld(other, "a", "1")].map((write) => {
        return { ...write, unlessHeld: { key: `${queue.key}-a`, value: "1", ttlMs: LONG_MS } };
      });
      for (const name of ["one", "two"]) {
        const move = withOutbox(moveOf(name, null, "ran", revisions.get(name)!), both);
        assert.deepEqual(await advanceOne(nodeA, lease, move), { status: "done" });
      }
      assert.deepEqual(
        [await queue.read(), await other.read()],
        [
          ["1", "1"],
          ["1", "1"],
        ],
      );
    },
  },
  {
    name: "a key is held for its lifetime, and no longer",
    async run(context) {
      const { nodeA } = context;
      const queue = await newQueue(context);
      const revisions = await createMany(nodeA, ["one", "two"]);
      const lease = await lead(nodeA, LEASE_MS);
      const startedAt = performance.now();
      const moveTo = (name: string, id: string): CursorMove =>
        withOutbox(moveOf(name, null, "ran", revisions.get(name)!), writeUnlessHeld(queue, "a", id, SHORT_MS));
      await advanceOne(nodeA, lease, moveTo("one", "1"));
      const later = moveTo("two", "2");
      let answer = await advanceOne(nodeA, lease, later);
      while (answer.status === "held" && performance.now() - startedAt < 10 * SHORT_MS) {
        await pause(SHORT_MS / 10);
        answer = await advanceOne(nodeA, lease, later);
      }
      assert.deepEqual(answer, { status: "done" });
      // The backend's clock may be a little faster than this one.
      assert.ok(performance.now() - startedAt > 0.9 * SHORT_MS, "the key was held for less than its lifetime");
    },
  },
];
