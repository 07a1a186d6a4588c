import { dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { BusyClock, countTurns } from "../../test/event-loop.js";
import { START } from "../../test/world.js";
import { LockLostError } from "../base/errors.js";
import { isLease, type DefinitionChange } from "../contract/store.js";
import { Term } from "../lease/term.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { Timetable } from "../timetable/timetable.js";
import { ScheduleWriter } from "./schedule-writer.js";

const TOMBSTONE = JSON.stringify({ format: 1, kind: "removed", removedAt: START });

/** A writer of a term that just began. `stepMs`: see `BusyClock`. `onBatch`: called with the size of each written batch. */
async function begin(onBatch: (size: number) => void, stepMs = 0) {
  const clock = new BusyClock(START, stepMs);
  const store = dummyStore({ clock });
  const lease = await store.acquireLock({ token: "t", ttlMs: 15_000, label: "" });
  if (!isLease(lease)) throw new Error("the lock is held");
  const term = new Term(lease, { monotonicMs: 0, wallMs: START }, 15_000, clock, () => undefined);
  const watched = {
    ...store,
    setSchedule: (...args: Parameters<typeof store.setSchedule>) => {
      onBatch(args[0].length);
      return store.setSchedule(...args);
    },
  };
  const timetable = new Timetable(ruleParser("UTC"));
  return { term, writer: new ScheduleWriter(term, new StoreWithDeadlines(watched, clock, 2_000), timetable, clock) };
}

function* tombstones(count: number, definition = TOMBSTONE): Generator<DefinitionChange> {
  for (let index = 0; index < count; index++) yield { name: `gone ${index}`, definition, expectedRevision: null };
}

describe("the writer of definitions", () => {
  it("looks at the steps only as far as it has written, so that a lost lease costs one batch", async () => {
    let looked = 0;
    function* steps(): Generator<DefinitionChange> {
      for (const change of tombstones(500)) {
        looked += 1;
        yield change;
      }
    }
    const batches: [number, number][] = [];
    const { writer } = await begin((size) => batches.push([looked, size]));
    expect(await writer.write(steps())).toEqual({ isClean: true, changes: 500 });
    expect(batches).toEqual([
      [200, 200],
      [400, 200],
      [500, 100],
    ]);
  });

  it("ends a batch early that has many characters", async () => {
    const batches: number[] = [];
    const { writer } = await begin((size) => batches.push(size));
    await writer.write(tombstones(5, TOMBSTONE.padEnd(400_000)));
    expect(batches).toEqual([3, 2]);
  });

  it("lets the event loop turn and makes progress in long work that writes nothing", async () => {
    const { term, writer } = await begin(() => undefined, 1);
    const turns = countTurns();
    const progress: number[] = [];
    const idle = term.idleMs;
    await writer.write(new Array<null>(1_000).fill(null), (done) => progress.push(done));
    expect(turns()).toBeGreaterThanOrEqual(100);
    expect(progress.length).toBeGreaterThanOrEqual(100);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(term.idleMs).toBeLessThanOrEqual(idle + 5);
  });

  it("ends with the term, even if it has nothing to write", async () => {
    const { term, writer } = await begin(() => undefined, 1);
    let looked = 0;
    function* steps(): Generator<null> {
      for (; looked < 1_000; looked++) {
        if (looked === 100) term.end("no renewal in time");
        yield null;
      }
    }
    await expect(writer.write(steps())).rejects.toThrow(LockLostError);
    expect(looked).toBeLessThan(200);
  });
});
