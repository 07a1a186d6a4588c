import { describe, expect, it } from "vitest";

import type { Cursor } from "../entry/cursor.js";
import { clocked, interval, type Schedule } from "../schedule/index.js";
import { decide, type DueRule, nextInstant } from "./due.js";

const rule = (fields: Partial<DueRule> = {}): DueRule => ({
  schedule: interval("10s"),
  effectiveFrom: 0,
  offsetMs: 0,
  missed: "latest",
  deadlineMs: null,
  maxCatchUp: 100,
  startAt: null,
  endAt: null,
  maxRuns: null,
  firstRun: "next",
  ...fields,
});
const cursor = (at: number, runs = 1): Cursor => ({
  at,
  runs,
  skipped: 0,
  fence: 1,
  sentAt: at,
  pending: null,
  uncertain: 0,
});

/** Sends one occurrence after another, as a leader does, until nothing is due. */
function drain(due: DueRule, from: Cursor | null, now: number): { sent: number[]; skipped: number } {
  const result = { sent: [] as number[], skipped: 0 };
  let at = from;
  for (let decision = decide(due, at, now); decision; decision = decide(due, at, now)) {
    result.skipped += decision.skipped;
    result.sent.push(...decision.send);
    at = { ...cursor(decision.to), runs: (at?.runs ?? 0) + decision.send.length };
  }
  return result;
}

describe("decide", () => {
  it("finds nothing due before the first instant after the entry took effect", () => {
    expect(decide(rule({ effectiveFrom: 10_000 }), null, 19_999)).toBeNull();
    expect(decide(rule({ effectiveFrom: 10_000 }), null, 20_000)).toEqual({
      send: [20_000],
      to: 20_000,
      skipped: 0,
      atLeast: false,
    });
  });

  it("ignores the time before the entry took effect, whatever the cursor says", () => {
    expect(nextInstant(rule({ effectiveFrom: 55_000 }), cursor(10_000))).toBe(60_000);
  });

  it("never sends an instant at or before the cursor, even if the clock was set back", () => {
    expect(decide(rule(), cursor(100_000), 50_000)).toBeNull();
  });

  it("delays an occurrence by the entry's jitter without changing its instant", () => {
    expect(decide(rule({ offsetMs: 3_000 }), cursor(10_000), 22_999)).toBeNull();
    expect(decide(rule({ offsetMs: 3_000 }), cursor(10_000), 23_000)?.send).toEqual([20_000]);
  });

  it("sends only from startAt to endAt, both included", () => {
    const due = rule({ startAt: 20_000, endAt: 40_000, missed: "all" });
    expect(drain(due, null, 100_000).sent).toEqual([20_000, 30_000, 40_000]);
    expect(nextInstant(due, cursor(40_000))).toBeNull();
  });

  it("sends no more than maxRuns occurrences", () => {
    expect(drain(rule({ maxRuns: 2, missed: "all" }), null, 100_000).sent).toEqual([10_000, 20_000]);
  });

  it('sends the moment of creation first if firstRun is "now"', () => {
    const due = rule({ effectiveFrom: 12_345, firstRun: "now", missed: "all" });
    expect(drain(due, null, 35_000).sent).toEqual([12_346, 20_000, 30_000]);
    expect(nextInstant(due, cursor(20_000))).toBe(30_000);
  });

  it("sends a clocked moment once", () => {
    expect(drain(rule({ schedule: clocked(30_000) }), null, 100_000)).toEqual({ sent: [30_000], skipped: 0 });
  });
});

describe("missed occurrences", () => {
  it("with latest give one run, and the rest are counted", () => {
    expect(drain(rule(), cursor(10_000), 55_000)).toEqual({ sent: [50_000], skipped: 3 });
  });

  it("with latest and a deadline give no run if even the newest is too late", () => {
    expect(drain(rule({ deadlineMs: 4_000 }), cursor(10_000), 55_000)).toEqual({ sent: [], skipped: 4 });
    expect(drain(rule({ deadlineMs: 5_000 }), cursor(10_000), 55_000)).toEqual({ sent: [50_000], skipped: 3 });
  });

  it("with all are each sent, oldest first", () => {
    expect(drain(rule({ missed: "all" }), cursor(10_000), 55_000)).toEqual({
      sent: [20_000, 30_000, 40_000, 50_000],
      skipped: 0,
    });
  });

  it("with all are sent several at once if the caller asks for them, and those that are left stay due", () => {
    const due = rule({ missed: "all", maxCatchUp: 3 });
    expect(decide(due, cursor(10_000), 65_000, 2)).toEqual({
      send: [40_000, 50_000],
      to: 50_000,
      skipped: 2,
      atLeast: false,
    });
    expect(decide(due, cursor(50_000), 65_000, 2)).toMatchObject({ send: [60_000], to: 60_000, skipped: 0 });
    expect(decide(rule({ missed: "all", maxRuns: 3 }), cursor(10_000), 65_000, 5)?.send).toEqual([20_000, 30_000]);
  });

  it("with all and a bound are sent up to it, the newest ones, and the others are counted", () => {
    expect(drain(rule({ missed: "all", maxCatchUp: 2 }), cursor(10_000), 55_000)).toEqual({
      sent: [40_000, 50_000],
      skipped: 2,
    });
  });

  it("with all and a deadline are sent unless they are too late", () => {
    expect(drain(rule({ missed: "all", deadlineMs: 20_000 }), cursor(10_000), 55_000)).toEqual({
      sent: [40_000, 50_000],
      skipped: 2,
    });
  });

  it("with skip are sent only if they are on time, within 10 s or a period", () => {
    expect(drain(rule({ missed: "skip" }), cursor(10_000), 59_000)).toEqual({ sent: [50_000], skipped: 3 });
    const minutely = rule({ missed: "skip", schedule: interval("1m") });
    expect(drain(minutely, cursor(0), 69_000)).toEqual({ sent: [60_000], skipped: 0 });
    expect(drain(minutely, cursor(0), 70_001)).toEqual({ sent: [], skipped: 1 });
    expect(drain(rule({ missed: "skip", schedule: interval("1s") }), cursor(0), 5_900)).toEqual({
      sent: [5_000],
      skipped: 4,
    });
  });

  it("are not listed one by one after a very long outage", () => {
    let asked = 0;
    const everySecond = interval("1s");
    const counted: Schedule = {
      ...everySecond,
      type: "interval",
      toJSON: () => everySecond.toJSON(),
      next: (after) => (asked++, everySecond.next(after)),
    };
    const decade = 10 * 365 * 86_400_000;
    const latest = decide(rule({ schedule: counted }), cursor(0), decade + 300);
    expect(latest).toMatchObject({ send: [decade], to: decade, atLeast: true });
    expect(latest!.skipped).toBeGreaterThanOrEqual(9_999);
    expect(asked).toBeLessThan(11_000);
    expect(decide(rule({ schedule: counted, missed: "all", maxCatchUp: 3 }), cursor(0), decade + 300)).toMatchObject({
      send: [decade - 2_000],
    });
  });
});
