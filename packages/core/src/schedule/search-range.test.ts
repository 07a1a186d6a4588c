import { describe, expect, it } from "vitest";

import { ConfigError } from "../base/errors.js";
import { FIRST_INSTANT, LAST_INSTANT } from "../base/number-range.js";
import type { Schedule } from "../contract/schedule.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import { interval } from "./interval.js";
import { memoizeNext } from "./memo.js";
import { zoneOffsets } from "./zone-offsets.js";

const timezone = "Europe/Berlin";
const makers: [string, () => Schedule][] = [
  ["a crontab in UTC", () => crontab("*/5 * * * *")],
  ["a crontab in a zone", () => crontab("30 2 * * *", { timezone })],
  ["a crontab that is due once in decades", () => crontab("0 0 29 2 mon", { timezone })],
  ["an interval", () => interval("7s")],
  ["a long interval", () => interval("36525d", { anchor: FIRST_INSTANT })],
  ["a relative interval", () => interval("1d", { relative: true, timezone })],
  ["a relative interval below an hour", () => interval("90s", { relative: true, timezone })],
  ["a moment", () => clocked("2030-01-01T00:00:00Z")],
];

describe.each([
  ...makers,
  ...makers.map(([what, make]): [string, () => Schedule] => [`${what}, remembered`, () => memoizeNext(make())]),
])("the next instant of %s", (_, make) => {
  it.each([Number.NaN, "1", null, undefined, 1n, new Date(0), {}, []])("after %s is refused", (after) => {
    const ask = (): unknown => make().next(after as never);
    expect(ask).toThrow(ConfigError);
    expect(ask).toThrow(/^after is .*: expected a number of epoch milliseconds$/);
  });

  it.each([LAST_INSTANT, 1e14, 8.64e15, 8_640_000_000_000_001, 1e18, 1e25, 1e300, Infinity])(
    "after %d is never",
    (after) => {
      expect(make().next(after)).toBeNull();
    },
  );

  it.each([FIRST_INSTANT, -1e14, -8.64e15, -1e18, -1e300, -Infinity])("after %d is one in the range", (after) => {
    const next = make().next(after);
    expect(Number.isInteger(next)).toBe(true);
    expect(next).toBeGreaterThanOrEqual(FIRST_INSTANT);
    expect(next).toBeLessThanOrEqual(LAST_INSTANT);
  });

  it.each([-1, -0.5, -0, 0.5, 1.5, 1e12 + 0.25])("after %d is the same as after the whole ms before it", (after) => {
    expect(make().next(after)).toBe(make().next(Math.floor(after)));
  });

  it("is the same before and after odd questions", () => {
    const schedule = make();
    const [before, early] = [schedule.next(1.9e12), schedule.next(-1e12)];
    for (const odd of [1e300, -1e300, Infinity, -Infinity, LAST_INSTANT]) schedule.next(odd);
    for (const wrong of [Number.NaN, "1", undefined]) expect(() => schedule.next(wrong as never)).toThrow();
    expect([schedule.next(1.9e12), schedule.next(-1e12)]).toEqual([before, early]);
    expect(make().next(1.9e12)).toBe(before);
  });
});

describe("the end of the range", () => {
  it("is the last instant of a rule", () => {
    expect(clocked(LAST_INSTANT).next(LAST_INSTANT - 1)).toBe(LAST_INSTANT);
    expect(interval("1ms").next(LAST_INSTANT - 1)).toBe(LAST_INSTANT);
    expect(crontab("* * * * * *", { timezone }).next(LAST_INSTANT - 1_000)).toBe(LAST_INSTANT - 999);
    expect(crontab("* * * * * *", { timezone }).next(LAST_INSTANT - 999)).toBeNull();
  });

  it("is the last anchor", () => {
    expect(interval("1s", { anchor: LAST_INSTANT }).next(0)).toBe(999);
    expect(() => interval("1s", { anchor: LAST_INSTANT + 1 })).toThrow(/^anchor 100000000000000 is not an instant/);
    expect(() => interval("36525d1ms")).toThrow(/^every "36525d1ms" is too long: .* at most 100 years$/);
  });

  it("reads back what it writes, also before the year 0", () => {
    for (const at of [FIRST_INSTANT, -62_167_219_200_001, -1, 0, LAST_INSTANT]) {
      expect(clocked(clocked(at).toJSON()["at"] as string).next(-Infinity)).toBe(at);
    }
  });
});

describe("the offsets of a zone", () => {
  it.each([-Infinity, -1e300, -8.64e15, 0, LAST_INSTANT, 8.64e15, 1e300, Infinity, Number.NaN])(
    "have a segment for %d, and stay usable",
    (instant) => {
      const zone = zoneOffsets("America/St_Johns");
      const usual = zone.segmentAt(1.9e12);
      const segment = zone.segmentAt(instant);
      expect(Number.isInteger(segment.offsetMs)).toBe(true);
      expect(zone.firstInstantAt(instant)).toEqual(expect.any(Number));
      expect(zone.segmentAt(1.9e12)).toBe(usual);
    },
  );

  it("have no gap where the tables begin and end", () => {
    const zone = zoneOffsets(timezone);
    for (const outer of [zone.segmentAt(-Infinity).until, zone.segmentAt(Infinity).from]) {
      expect(zone.segmentAt(outer - 1).until).toBe(outer);
      expect(zone.segmentAt(outer).from).toBe(outer);
    }
  });
});

describe("a remembered schedule", () => {
  it.each([undefined, "5", 1.5, Number.NaN, 1_000, 999, {}])(
    "refuses %s as an answer, and does not keep it",
    (wrong) => {
      let answer: unknown = wrong;
      const memo = memoizeNext({ type: "odd", next: () => answer as number, toJSON: () => ({ type: "odd" }) });
      expect(() => memo.next(1_000)).toThrow(
        /^the odd schedule answers .* to next\(1000\): expected a later whole number/,
      );
      answer = 2_000;
      expect(memo.next(1_000)).toBe(2_000);
    },
  );

  it("ends where a schedule answers beyond the range, and forgets nothing when it throws", () => {
    let broken = false;
    const next = (after: number): number => {
      if (broken) throw new RangeError("too much");
      return after < 5_000 ? 5_000 : 1e15;
    };
    const memo = memoizeNext({ type: "odd", next, toJSON: () => ({ type: "odd" }) });
    expect([memo.next(0), memo.next(5_000)]).toEqual([5_000, null]);
    broken = true;
    expect(() => memo.next(-1)).toThrow(RangeError);
    expect([memo.next(0), memo.next(5_000)]).toEqual([5_000, null]);
  });
});
