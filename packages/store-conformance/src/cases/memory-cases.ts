import assert from "node:assert/strict";
import { casesOf, type CaseContext, type ConformanceCase } from "./conformance-case.js";
import { collect, create, listAll, moveOf, readAll } from "./entries.js";
import { acquire, assertRejects, lead, monotonicMs } from "./nodes.js";

async function loseMemory({ subject }: CaseContext): Promise<void> {
  assert.ok(subject.loseMemory);
  await subject.loseMemory();
}

type MemoryCase = Pick<ConformanceCase, "name" | "run">;

const lossCases: readonly MemoryCase[] = [
  {
    name: "after a loss of data no node leads before the lost lease would have run out",
    async run(context) {
      const { nodeA, nodeB, ttlMs } = context;
      await acquire(nodeA, ttlMs);
      const lostAtMs = monotonicMs();
      await loseMemory(context);
      const { repliedAtMs } = await acquire(nodeB, ttlMs);
      // Node A may have renewed just before the loss, and trusts that renewal for a whole lifetime.
      const restMs = lostAtMs + ttlMs - repliedAtMs;
      assert.ok(restMs <= 2, `another node led ${restMs.toFixed(1)} ms too early`);
    },
  },
  {
    name: "a lost lease never becomes valid again",
    async run(context) {
      const { nodeA, nodeB, ttlMs } = context;
      const { lease: stale } = await acquire(nodeA, ttlMs);
      await loseMemory(context);
      assert.equal(await nodeA.renewLock(stale, ttlMs), false);
      assert.equal(await nodeA.releaseLock(stale), false);
      await lead(nodeB, ttlMs);
      assert.equal(await nodeA.renewLock(stale, ttlMs), false);
      if (!nodeA.capabilities.fencedWrites) return;
      const move = moveOf("report", null, "stale", null);
      await assertRejects(nodeA.advance(stale, [move]), "advance under a lost lease", "LOCK_LOST");
    },
  },
  {
    name: "the fence rises across a loss of data",
    async run(context) {
      const { lease: before } = await acquire(context.nodeA, context.ttlMs);
      await loseMemory(context);
      const { lease: after } = await acquire(context.nodeB, context.ttlMs);
      assert.ok(after.fence > before.fence, `the fence ${after.fence} came after ${before.fence}`);
    },
  },
  {
    name: "after a loss of data no revision is used again, and a reading since an old one is complete",
    async run(context) {
      const { nodeA, nodeB } = context;
      const seen = new Set([await nodeA.getRevision(), await create(nodeA, "report"), await nodeA.getRevision()]);
      const old = await nodeA.getRevision();
      await loseMemory(context);
      assert.equal((await readAll(nodeB)).size, 0);
      assert.deepEqual(await nodeA.getEntries(["report"]), []);
      assert.deepEqual(await listAll(nodeA), []);
      const revisions = [await nodeB.getRevision(), await create(nodeB, "report"), await nodeB.getRevision()];
      for (const revision of revisions) assert.ok(!seen.has(revision), `the revision ${revision} came back`);
      const reading = await nodeA.getSchedule(old);
      assert.equal(reading.complete, true);
      assert.deepEqual([...(await collect(reading)).keys()], ["report"]);
    },
  },
];

/** A backend that loses all data at once, as a flushed server does (R2, R33). */
export const memoryCases: readonly ConformanceCase[] = casesOf(
  "memory",
  lossCases.map((memoryCase) => ({ ...memoryCase, needs: (_store, subject) => subject.loseMemory !== undefined })),
);
