import { describe, expect, it } from "vitest";
import { recoveryFigures, showRecoveries, showTakeOvers, takeOverFigures } from "./report.js";

const names = { fault: "kill", what: "leader killed", on: "redis", formula: "ttl + slack + 4 L" };
const run = { leaseMs: 2_000, messageMs: 2_050, boundMs: 3_270, commandMs: 5, stallMs: 0 };

describe("the figures of take-overs", () => {
  it("show the least bound, and how leases and messages are distributed", () => {
    const figures = takeOverFigures(names, [run, { ...run, leaseMs: 3_000, boundMs: 3_260, commandMs: 2.6 }]);
    expect(figures).toEqual({
      ...names,
      boundMs: 3_260,
      longestCommandMs: 5,
      lease: { n: 2, min: 2_000, median: 2_000, p95: 3_000, max: 3_000 },
      message: { n: 2, min: 2_050, median: 2_050, p95: 2_050, max: 2_050 },
      beyondBound: 0,
      unexplained: 0,
    });
    expect(showTakeOvers([figures])).toMatch(/leader killed, on redis +lease +2 +2000 +2000 +3000 +3000 +3260 +0 +0\n/);
  });

  it("count a broken bound, and whether the machine explains it", () => {
    const late = { ...run, leaseMs: 3_300 };
    const figures = takeOverFigures(names, [run, { ...late, stallMs: 40 }, { ...late, stallMs: 20 }]);
    expect(figures).toMatchObject({ beyondBound: 2, unexplained: 1 });
  });

  it("judge the message where the old lease lived on", () => {
    const kept = { ...run, leaseMs: null, messageMs: 3_300 };
    expect(takeOverFigures(names, [kept])).toMatchObject({ lease: null, beyondBound: 1, unexplained: 1 });
  });
});

describe("the figures of recoveries", () => {
  it("count messages later than the bound, and leave out what no run had", () => {
    const outage = { ...names, boundMs: 1_000 };
    const quick = { messageMs: 300, stallMs: 0, firstAttemptMs: 50, longestPauseMs: null, attemptsPerSecond: null };
    const figures = recoveryFigures(outage, [quick, { ...quick, messageMs: 1_100, stallMs: 10, firstAttemptMs: null }]);
    expect(figures).toMatchObject({ beyondBound: 1, unexplained: 1, longestPause: null, firstAttempt: { n: 1 } });
    expect(showRecoveries([figures])).toContain("first attempt");
  });
});
