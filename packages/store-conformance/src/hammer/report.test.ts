import assert from "node:assert/strict";
import { describe, it } from "vitest";
import type { HammerEvent } from "./journal.js";
import { formatReport, makeReport, type HammerRun } from "./report.js";

const run: HammerRun = {
  seed: 42, storeNames: ["memcached", "memjs"], workers: 4, ttlMs: 240, durationMs: 60_000,
  workerStops: 300, workerKills: 30, serverPauses: 10, serverRestarts: 20, workerCrashes: [],
}; // prettier-ignore

function believed(by: "acquireLock" | "renewLock", fence: number, atMs: number): HammerEvent {
  return { kind: "believed", by, term: 0, fence, atMs, untilMs: atMs + 100 };
}

const clean = [
  {
    worker: "1.1",
    events: [
      { kind: "refused", call: "acquireLock" },
      { kind: "refused", call: "acquireLock" },
      believed("acquireLock", 5, 0),
      believed("renewLock", 5, 90),
      { kind: "moved", fence: 5, from: null, to: "5 a", sentAtMs: 10, repliedAtMs: 12 },
      { kind: "refused", call: "renewLock" },
      { kind: "refused", call: "advance" },
      { kind: "failed", call: "acquireLock", message: "no connection" },
      { kind: "failed", call: "advance", message: "too late" },
      { kind: "failed", call: "advance", message: "too late" },
    ],
  },
  { worker: "2.1", events: [believed("acquireLock", 6, 500)] },
] as const;

const broken = [
  { worker: "1.1", events: [believed("acquireLock", 5, 0), { kind: "unended", call: "renewLock" }] },
  { worker: "2.1", events: [believed("acquireLock", 5, 40)] },
  {
    worker: "3.1",
    events: [{ kind: "moved", fence: 4, from: "5 a", to: "4 b", sentAtMs: 10, repliedAtMs: 12 }],
  },
] as const;

describe("makeReport", () => {
  it("counts the events, and finds no problems in a clean run", () => {
    const { problems, errorMessages, ...counts } = makeReport(run, clean);
    assert.deepEqual(counts, {
      ...run,
      acquisitions: 2, renewals: 1, refusals: 2, losses: 1, moves: 1, refusedMoves: 1, errors: 3,
      overlaps: [], fenceRegressions: [], staleWrites: [], unended: [],
    }); // prettier-ignore
    assert.deepEqual(errorMessages, ["2 × advance: too late", "1 × acquireLock: no connection"]);
    assert.deepEqual(problems, []);
  });

  it("describes each broken promise in a sentence", () => {
    assert.deepEqual(makeReport({ ...run, workerCrashes: ["worker 4.1 exited with code 1: oh"] }, broken).problems, [
      "workers 1.1 and 2.1 (fences 5 and 5) led at once for 60.0 ms, with a lease of 240 ms",
      "worker 2.1 began to lead with fence 5 after worker 1.1 had led with 5",
      "worker 3.1 wrote under fence 4 after a write under 5",
      "a call of renewLock did not end, even long after its deadline",
      "worker 4.1 exited with code 1: oh",
    ]);
  });
});

describe("formatReport", () => {
  it("sums up a clean run in a few lines, with the seed", () => {
    assert.equal(
      formatReport(makeReport(run, clean)),
      `hammered memcached + memjs for 60.0 s: 4 workers, lease of 240 ms, seed 42
  lease   2 acquired, 1 renewed, 1 lost, 2 refused
  cursor  1 moves, 1 refused
  faults  300 worker stops, 30 worker kills, 10 server pauses, 20 server restarts
  errors  3
    2 × advance: too late
    1 × acquireLock: no connection
  HELD: 0 overlaps, 0 fence regressions, 0 stale writes, 0 unended calls, 0 worker crashes`,
    );
  });

  it("shows the first five problems and the number of the others", () => {
    const workerCrashes = ["one", "two", "three", "four", "five", "six", "seven"];
    const text = formatReport(makeReport({ ...run, workerCrashes }, []));
    assert.match(text, /BROKEN: .* 7 worker crashes\n {4}one\n.*five\n {4}… and 2 more$/s);
  });
});
