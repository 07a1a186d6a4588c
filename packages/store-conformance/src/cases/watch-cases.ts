import assert from "node:assert/strict";
import type { Store } from "@beatx/core";
import { casesOf, type CaseContext, type ConformanceCase } from "./conformance-case.js";
import { create } from "./entries.js";
import { assertRejects, eventually, lead } from "./nodes.js";

interface HintCounter {
  readonly count: () => number;
  readonly end: () => Promise<void>;
}

async function countHints(node: Store): Promise<HintCounter> {
  let hints = 0;
  const end = await node.watch?.(() => (hints += 1));
  assert.ok(end, "watch must resolve to a function that ends it");
  return { count: () => hints, end };
}

/** A hint may be missed, so the event is repeated until one comes. */
function assertHinted(
  { count }: HintCounter,
  what: string,
  event: (attempt: number) => Promise<unknown>,
): Promise<void> {
  const before = count();
  let attempt = 0;
  return eventually(`a hint after ${what}`, async () => {
    if (count() === before) await event((attempt += 1));
    return count() > before;
  });
}

type WatchCase = Pick<ConformanceCase, "name" | "run">;

const hintCases: readonly WatchCase[] = [
  {
    name: "a watching node gets a hint when another node changes a definition",
    async run({ nodeA, nodeB }) {
      const hints = await countHints(nodeA);
      await assertHinted(hints, "a creation", (attempt) => create(nodeB, `entry ${attempt}`));
      await hints.end();
    },
  },
  {
    name: "a watching node gets a hint when another node releases the lock",
    async run({ nodeA, nodeB, ttlMs }) {
      const hints = await countHints(nodeA);
      const handOver = async (): Promise<unknown> => nodeB.releaseLock(await lead(nodeB, ttlMs));
      await assertHinted(hints, "a release", handOver);
      await hints.end();
    },
  },
  {
    name: "a watcher that has ended gets no more hints, and the others still get theirs",
    async run({ nodeA, nodeB, open }: CaseContext) {
      const [ended, other] = [await countHints(nodeA), await countHints(nodeA)];
      const third = await countHints(await open());
      await assertHinted(ended, "a creation", (attempt) => create(nodeB, `before ${attempt}`));
      await ended.end();
      const before = ended.count();
      await assertHinted(other, "a creation", (attempt) => create(nodeB, `after ${attempt}`));
      await assertHinted(third, "a creation", (attempt) => create(nodeB, `later ${attempt}`));
      assert.equal(ended.count(), before);
    },
  },
  {
    name: "a closed store gives no hints and cannot be watched",
    async run({ nodeA, nodeB, open }) {
      const watched = await open();
      const [closed, other] = [await countHints(watched), await countHints(nodeA)];
      await watched.close();
      const before = closed.count();
      await assertHinted(other, "a creation", (attempt) => create(nodeB, `entry ${attempt}`));
      assert.equal(closed.count(), before);
      await assertRejects(
        watched.watch!(() => undefined),
        "watch on a closed store",
      );
    },
  },
];

/** Hints may be missed or repeated, but they do come. */
export const watchCases: readonly ConformanceCase[] = casesOf(
  "watch",
  hintCases.map((watchCase) => ({ ...watchCase, needs: (store) => store.watch !== undefined })),
);
