import { describe, expect, it } from "vitest";

import { stableOffset } from "../base/ids.js";
import { LAST_INSTANT } from "../base/number-range.js";
import { type Cursor, NEW_CURSOR } from "../entry/cursor.js";
import { seeded } from "@beatx/test-servers/seeded";
import { range, START } from "../../test/world.js";
import { clocked, crontab, interval, type Schedule } from "../schedule/index.js";
import { decide, decideInSteps, type Decision } from "./due.js";
import { type DueRule, dueAt, JUST_PAST_MS, nextInstant, startFrom } from "./next-instant.js";

const rule = (fields: Partial<DueRule> = {}): DueRule => ({
  schedule: interval("10s"),
  effectiveFrom: 0,
  offsetMs: 0,
  spreadMs: 0,
  spreadBy: "entry",
  missed: "latest",
  deadlineMs: null,
  maxCatchUp: 100,
  startAt: null,
  endAt: null,
  maxRuns: null,
  firstRun: "next",
  ...fields,
});
const cursor = (at: number, runs = 1): Cursor => ({ ...NEW_CURSOR, at, runs, fence: 1, sentAt: at });

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
      reason: "max-catch-up",
    });
    expect(decide(due, cursor(50_000), 65_000, 2)).toMatchObject({ send: [60_000], to: 60_000, skipped: 0 });
    expect(decide(rule({ missed: "all", maxRuns: 3 }), cursor(10_000), 65_000, 5)?.send).toEqual([20_000, 30_000]);
  });

  it.each([
    [{}, "latest"],
    [{ missed: "skip" }, "skip"],
    [{ missed: "all", maxCatchUp: 1 }, "max-catch-up"],
    [{ missed: "all", deadlineMs: 20_000 }, "deadline"],
    [{ deadlineMs: 2_000 }, "deadline"],
    [{ skipUntil: 61_000 }, "paused"],
    [{ missed: "all", skipUntil: 25_000 }, "paused"],
  ] as const)("are skipped for a reason: with %o it is %s", (options, reason) => {
    expect(decide(rule(options), cursor(10_000), 65_000)).toMatchObject({ reason });
  });

  it("are skipped for no reason if none is skipped", () => {
    expect(decide(rule({}), cursor(50_000), 65_000)).not.toHaveProperty("reason");
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
    const { schedule, asked } = counted(interval("1s"));
    const decade = 10 * 365 * 86_400_000;
    const latest = decide(rule({ schedule }), cursor(0), decade + 300);
    expect(latest).toMatchObject({ send: [decade], to: decade, atLeast: true });
    expect(latest!.skipped).toBeGreaterThanOrEqual(9_999);
    expect(asked()).toBeLessThan(14_000);
    expect(decide(rule({ schedule, missed: "all", maxCatchUp: 3 }), cursor(0), decade + 300)).toMatchObject({
      send: [decade - 2_000],
    });
  });
});

/** The schedule, and how many times it was asked for an instant. */
function counted(schedule: Schedule): { readonly schedule: Schedule; readonly asked: () => number } {
  let asked = 0;
  const next = (after: number): number | null => (asked++, schedule.next(after));
  return {
    schedule: { type: schedule.type, next, toJSON: () => schedule.toJSON(), toString: () => String(schedule) },
    asked: () => asked,
  };
}

describe("a long catch-up", () => {
  const week = 7 * 86_400_000;

  it.each([
    ["every second", interval("1s")],
    ["a minute of a zone", crontab("* * * * *", { timezone: "Europe/Berlin" })],
    ["a burst of minutes in each year", crontab("* 7 1 * *")],
  ])("asks the rule a few times for each occurrence that it sends (%s)", (_name, of) => {
    const { schedule, asked } = counted(of);
    const due = rule({ schedule, missed: "all", maxCatchUp: 10_000, effectiveFrom: START });
    const { sent } = drain(due, null, START + 100 * week);
    expect(sent.length).toBeGreaterThan(1_000);
    expect(asked()).toBeLessThan(6 * Math.max(sent.length, 10_000));
  });

  it("goes on where the last step ended, and then decides the same", () => {
    const { schedule, asked } = counted(interval("1s"));
    const due = rule({ schedule, missed: "all", maxCatchUp: 3_000 });
    let steps = 0;
    let decision: Decision | null | "unfinished" = "unfinished";
    for (; decision === "unfinished"; steps++) {
      const before = asked();
      let looks = 0;
      decision = decideInSteps(due, cursor(0), week, { isOver: () => looks++ > 0 });
      expect(asked() - before).toBeLessThan(500);
    }
    expect(steps).toBeGreaterThan(50);
    expect(decision).toEqual(
      decide(rule({ missed: "all", maxCatchUp: 3_000, schedule: interval("1s") }), cursor(0), week),
    );
    expect(decision).toMatchObject({ send: [week - 2_999_000], atLeast: true });
  });

  it("ends at the last instant, whatever the clock says", () => {
    const send = [LAST_INSTANT - 999];
    expect(decide(rule({ schedule: interval("1s") }), cursor(0), 1e300)).toMatchObject({ send, atLeast: true });
    expect(decide(rule({ schedule: clocked(LAST_INSTANT) }), cursor(0), -1e300)).toBeNull();
  });

  it("counts anew if it was left alone for a long time", () => {
    const { schedule, asked } = counted(interval("1s"));
    const due = rule({ schedule });
    decide(due, cursor(0), 100_000);
    const before = asked();
    expect(decide(due, cursor(0), 52 * week)).toMatchObject({ send: [52 * week], atLeast: true });
    expect(asked() - before).toBeLessThan(25_000);
  });
});

describe("an entry with spreadMs", () => {
  const spread = rule({ schedule: interval("60s"), spreadMs: 60_000 });
  const instants = range(1, 200).map((index) => index * 60_000);

  it("delays each occurrence by a part of its own, and leaves its instant", () => {
    const delays = instants.map((instant) => dueAt(spread, instant) - instant);
    expect(new Set(delays).size).toBeGreaterThan(150);
    expect(Math.max(...delays)).toBeGreaterThan(50_000);
    expect(Math.min(...delays)).toBeLessThan(10_000);
    for (const instant of instants) {
      const at = cursor(instant - 60_000);
      expect(decide(spread, at, dueAt(spread, instant) - 1)).toBeNull();
      expect(decide(spread, at, dueAt(spread, instant))).toMatchObject({ send: [instant], skipped: 0 });
    }
  });

  it("has the same delays on every node, and others than an entry of another name", () => {
    expect(dueAt(spread, 60_000)).toBe(dueAt(rule({ ...spread }), 60_000));
    const other = rule({ ...spread, spreadBy: "other" });
    expect(instants.map((instant) => dueAt(other, instant))).not.toEqual(instants.map((each) => dueAt(spread, each)));
    // A stored schedule is shared by nodes of several versions.
    expect(dueAt(spread, 60_000)).toBe(60_000 + stableOffset("entry\x0060000", 60_000));
  });

  it("coalesces nothing while a leader is there, however long the spread is", () => {
    const long = rule({ schedule: interval("10s"), spreadMs: 3_600_000 });
    let at = cursor(0);
    for (let next = nextInstant(long, at)!; next < 2_000_000; next = nextInstant(long, at)!) {
      expect(decide(long, at, dueAt(long, next))).toMatchObject({ send: [next], skipped: 0 });
      at = cursor(next);
    }
  });

  it("adds the delay to the entry's jitter, and counts its deadline from then on", () => {
    const both = rule({ ...spread, offsetMs: 5_000, deadlineMs: 2_000 });
    const dueTime = dueAt(spread, 60_000) + 5_000;
    expect(decide(both, cursor(0), dueTime - 1)).toBeNull();
    expect(decide(both, cursor(0), dueTime + 2_000)).toMatchObject({ send: [60_000] });
    expect(decide(both, cursor(0), dueTime + 2_001)).toMatchObject({ send: [], skipped: 1, reason: "deadline" });
  });

  it("runs a last instant that has just passed when it is written", () => {
    const once = rule({ schedule: clocked(new Date(START)), spreadMs: 600_000, effectiveFrom: -Infinity });
    const dueTime = dueAt(once, START);
    expect(dueTime).toBeGreaterThan(START);
    expect(startFrom(once, null, dueTime + JUST_PAST_MS)).toEqual({ effectiveFrom: START - 1, isOver: false });
    expect(startFrom(once, null, dueTime + JUST_PAST_MS + 1).isOver).toBe(true);
  });
});

describe("the decisions of entries that share a rule", () => {
  it.each(range(1, 40))("are those of a full list (seed %i)", (seed) => {
    const random = seeded(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
    const schedule = pick([
      interval("7s"),
      interval("1s"),
      crontab("*/7 9-17 * * mon-fri", { timezone: "Europe/Berlin" }),
      crontab("0 12 15 * *"),
      crontab("* * 1 * *"),
    ]);
    let now = START + 90 * 86_400_000;
    for (let step = 0; step < 40; step++) {
      now += below(pick([10, 3_000, 100_000, 20_000_000]));
      const due = rule({
        schedule,
        missed: pick(["all", "latest", "skip"]),
        maxCatchUp: pick([1, 5, 70, 1_000]),
        deadlineMs: pick([null, null, 20_000, 3_600_000]),
        offsetMs: pick([0, 0, 500, 40_000]),
        spreadMs: pick([0, 5_000, 600_000, 86_400_000]),
        spreadBy: pick(["a", "b"]),
        endAt: pick([null, null, now - below(20_000_000)]),
        maxRuns: pick([null, null, 3]),
        firstRun: pick(["next", "now"]),
        effectiveFrom: now - below(pick([2_000, 100_000, 6_000_000])),
      });
      const at = pick([null, cursor(now - below(6_000_000))]);
      const most = pick([1, 5, 500]);
      const { reason: _reason, ...decision } = decide(due, at, now, most) ?? {};
      expect(decision).toEqual(decideFromFullList(due, at, now, most) ?? {});
    }
  });
});

/** When an occurrence is due, as R53 says it. */
function dueTimeOf({ schedule, offsetMs, spreadMs, spreadBy }: DueRule, instant: number): number {
  const gap = (schedule.next(instant) ?? Infinity) - instant;
  return instant + offsetMs + (spreadMs === 0 ? 0 : stableOffset(`${spreadBy}\0${instant}`, Math.min(spreadMs, gap)));
}

/** The policy as R16 says it, on a list of everything that is due. */
function decideFromFullList(due: DueRule, from: Cursor | null, now: number, most: number): Decision | null {
  const horizon = Math.min(now, due.endAt ?? Infinity);
  const come: number[] = [];
  for (let next = nextInstant(due, from); next !== null && next <= horizon; next = due.schedule.next(next))
    come.push(next);
  const all = come.filter((instant) => dueTimeOf(due, instant) <= now);
  if (all.length === 0) return null;
  const newest = all.at(-1)!;
  const period = (due.schedule.next(newest) ?? Infinity) - newest;
  const allowed = Math.min(due.deadlineMs ?? Infinity, due.missed === "skip" ? Math.min(10_000, period) : Infinity);
  const kept = all.slice(due.missed === "all" ? -due.maxCatchUp : -1);
  const wanted = kept.filter((instant) => now - dueTimeOf(due, instant) <= allowed);
  const send = wanted.slice(0, Math.min(most, (due.maxRuns ?? Infinity) - (from?.runs ?? 0)));
  return { send, to: send.at(-1) ?? newest, skipped: all.length - wanted.length, atLeast: false };
}
