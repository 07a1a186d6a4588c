import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { findBeliefs, findFenceRegressions, findOverlaps, findStaleWrites, makeCursor } from "./findings.js";
import type { HammerEvent, Journal } from "./journal.js";

function journal(worker: string, ...events: readonly HammerEvent[]): Journal {
  return { worker, events };
}

function believed(term: number, fence: number, atMs: number, untilMs: number): HammerEvent {
  return { kind: "believed", by: "acquireLock", term, fence, atMs, untilMs };
}

function ended(term: number, atMs: number): HammerEvent {
  return { kind: "ended", term, atMs };
}

function moved(fence: number, from: string | null, sentAtMs: number, repliedAtMs: number): HammerEvent {
  return { kind: "moved", fence, from, to: makeCursor(fence, `${sentAtMs}`), sentAtMs, repliedAtMs };
}

const overlapsOf = (...journals: Journal[]) => findOverlaps(findBeliefs(journals));
const regressionsOf = (...journals: Journal[]) => findFenceRegressions(findBeliefs(journals));

describe("findBeliefs", () => {
  it("joins beliefs that were renewed in time, and separates those that had run out in between", () => {
    const inTime = journal("1.1", believed(0, 5, 100, 200), believed(0, 5, 180, 280));
    assert.deepEqual(findBeliefs([inTime]), [{ worker: "1.1", term: 0, fence: 5, fromMs: 100, untilMs: 280 }]);
    const late = journal("1.1", believed(0, 5, 100, 200), believed(0, 5, 210, 280));
    assert.deepEqual(
      findBeliefs([late]).map(({ fromMs, untilMs }) => [fromMs, untilMs]),
      [[100, 200], [210, 280]], // prettier-ignore
    );
  });

  it("ends a belief when the worker ends its term, unless it had run out before", () => {
    const untilOf = (atMs: number) =>
      findBeliefs([journal("1.1", believed(0, 5, 100, 200), ended(0, atMs))])[0]!.untilMs;
    assert.equal(untilOf(150), 150);
    assert.equal(untilOf(250), 200);
  });

  it("counts the belief of a killed worker to its latest possible end", () => {
    assert.equal(findBeliefs([journal("1.1", believed(0, 5, 100, 200))])[0]!.untilMs, 200);
  });

  it("leaves out a lease whose answer came too late", () => {
    const answers = journal("1.1", believed(0, 5, 201, 200), ended(0, 202), believed(1, 6, 300, 400), ended(0, 310));
    assert.deepEqual(findBeliefs([answers]), [{ worker: "1.1", term: 1, fence: 6, fromMs: 300, untilMs: 400 }]);
  });
});

describe("findOverlaps", () => {
  it("finds two workers that believe at the same time, and for how long", () => {
    const overlaps = overlapsOf(
      journal("2.1", believed(0, 6, 150, 300)),
      journal("1.1", believed(0, 5, 100, 160), believed(0, 5, 155, 190)),
    );
    assert.deepEqual(overlaps, [{ workers: ["1.1", "2.1"], fences: [5, 6], atMs: 150, lengthMs: 40 }]);
  });

  it("finds every pair, even when one belief outlives several others", () => {
    const overlaps = overlapsOf(
      journal("1.1", believed(0, 5, 100, 900)),
      journal("2.1", believed(0, 6, 200, 300), believed(1, 8, 700, 800)),
      journal("3.1", believed(0, 7, 250, 400)),
    );
    assert.deepEqual(
      overlaps.map(({ workers, lengthMs }) => [...workers, lengthMs]),
      [["1.1", "2.1", 100], ["1.1", "3.1", 150], ["2.1", "3.1", 50], ["1.1", "2.1", 100]], // prettier-ignore
    );
  });

  it("allows one belief to begin at the very moment another ends", () => {
    assert.deepEqual(
      overlapsOf(journal("1.1", believed(0, 5, 100, 200)), journal("2.1", believed(0, 6, 200, 300))),
      [],
    );
  });
});

describe("findFenceRegressions", () => {
  it("finds a term that began later with a lower or the same fence", () => {
    const regressions = regressionsOf(
      journal("1.1", believed(0, 7, 100, 200)),
      journal("2.1", believed(0, 7, 300, 400), believed(1, 6, 500, 600), believed(2, 8, 700, 800)),
    );
    const earlier = { worker: "1.1", fence: 7 };
    assert.deepEqual(regressions, [
      { worker: "2.1", fence: 7, earlier },
      { worker: "2.1", fence: 6, earlier },
    ]);
  });

  it("allows a term to go on under its fence after a gap", () => {
    assert.deepEqual(regressionsOf(journal("1.1", believed(0, 7, 100, 200), believed(0, 7, 300, 400))), []);
  });
});

describe("findStaleWrites", () => {
  it("finds a move that replaced one of a newer fence, even if that one was never confirmed", () => {
    assert.deepEqual(findStaleWrites([journal("1.1", moved(5, makeCursor(6, "x"), 100, 110))]), [
      { worker: "1.1", fence: 5, newerFence: 6 },
    ]);
  });

  it("finds a move that was sent after one of a newer fence had been confirmed", () => {
    const journals = [journal("1.1", moved(5, null, 300, 310)), journal("2.1", moved(6, null, 200, 299))];
    assert.deepEqual(findStaleWrites(journals), [{ worker: "1.1", fence: 5, newerFence: 6 }]);
  });

  it("allows moves that cross on their way", () => {
    const journals = [journal("1.1", moved(5, null, 250, 400)), journal("2.1", moved(6, null, 200, 299))];
    assert.deepEqual(findStaleWrites(journals), []);
  });

  it("allows moves of one term and of newer terms to follow each other", () => {
    const journals = [
      journal("1.1", moved(5, null, 100, 110), moved(5, makeCursor(5, "a"), 120, 130)),
      journal("2.1", moved(6, makeCursor(5, "b"), 200, 210)),
    ];
    assert.deepEqual(findStaleWrites(journals), []);
  });
});
