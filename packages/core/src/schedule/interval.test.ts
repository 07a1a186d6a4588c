import { describe, expect, it } from "vitest";

import { catchError } from "../../test/catch-error.js";
import { epochMs, iso, readVectors } from "../../vectors/read-vectors.js";
import { ConfigError } from "../base/errors.js";
import { interval, intervalType } from "./interval.js";

interface IntervalRow {
  id: string;
  run_every: number;
  relative: boolean;
  timezone: string;
  last_run_at: string;
  checks: { now: string; due: boolean; next_s: number }[];
}
interface DstRow extends Omit<IntervalRow, "relative" | "checks"> {
  until: string;
  elapsed: { count: number; first: string[]; last: string };
}

/** Celery counts microseconds. Fractions of a millisecond are dropped, so no interval grows into the next unit. */
const wholeMs = (seconds: number): number => Math.floor(Math.round(seconds * 1_000_000) / 1_000);

describe("interval", () => {
  const rows = readVectors<IntervalRow>("interval");

  it.each(rows.filter((row) => row.run_every > 0))(
    "is due as in Celery for $id: $run_every s, relative: $relative",
    (row) => {
      const { run_every, relative, timezone } = row;
      const everyMs = wholeMs(run_every);
      const unitMs = relative ? ([86_400_000, 3_600_000, 60_000].find((unit) => everyMs >= unit) ?? 1_000) : 1;
      // Celery counts from the last run, beatx from the anchor. One interval later, rounded down, is the next instant.
      const lastRunAt = epochMs(row.last_run_at);
      const schedule = interval(`${everyMs}ms`, { relative, timezone, anchor: lastRunAt });
      const dueAt = schedule.next(lastRunAt + everyMs - unitMs)!;
      for (const { now, due, next_s } of row.checks) {
        expect(dueAt <= epochMs(now), now).toBe(due);
        const leftMs = due ? everyMs : dueAt - epochMs(now);
        expect(Math.abs(leftMs / 1000 - next_s), now).toBeLessThanOrEqual(0.001);
      }
    },
  );

  it.each(rows.filter((row) => row.run_every <= 0))(
    "refuses $id: $run_every s, which in Celery is due without end",
    (row) => {
      expect(row.checks.every(({ due }) => due)).toBe(true);
      expect(() => intervalType.parse({ type: "interval", everyMs: wholeMs(row.run_every) })).toThrow(
        /^everyMs .* is at least 1 ms/,
      );
    },
  );

  it.each(readVectors<DstRow>("interval_dst"))(
    "counts real time when the clocks change for $id: $run_every s",
    (row) => {
      const schedule = interval(`${wholeMs(row.run_every)}ms`, { anchor: row.last_run_at, timezone: row.timezone });
      const instants: number[] = [];
      let instant = schedule.next(epochMs(row.last_run_at));
      while (instant !== null && instant <= epochMs(row.until)) {
        instants.push(instant);
        instant = schedule.next(instant);
      }
      expect(instants).toHaveLength(row.elapsed.count);
      expect(instants.slice(0, 3)).toEqual(row.elapsed.first.map(epochMs));
      expect(instants.at(-1)).toBe(epochMs(row.elapsed.last));
    },
  );

  it("is due at the same instants on every node, no matter when that started (R12)", () => {
    const schedule = interval("90s");
    expect(schedule.next(0)).toBe(90_000);
    expect(schedule.next(89_999)).toBe(90_000);
    expect(schedule.next(90_000)).toBe(180_000);
    expect(schedule.next(-1)).toBe(0);
    expect(schedule.next(-90_000)).toBe(0);
  });

  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1d", 86_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["3600ms", 3_600],
  ])("reads %j as %i ms and writes it back", (every, everyMs) => {
    const schedule = interval(every);
    expect(schedule.toJSON()).toEqual({ type: "interval", everyMs });
    expect(interval(String(schedule).replace("every ", "")).toJSON()).toEqual(schedule.toJSON());
  });

  it.each([
    0,
    -1,
    Number.NaN,
    Infinity,
    1.5,
    3600,
    "0s",
    "0ms",
    "",
    "5",
    "5x",
    "1.5h",
    "30m1h",
    "1h 30m",
    "-5s",
    " 5s",
  ])("refuses %j", (every) => {
    expect(() => interval(every as string)).toThrow(ConfigError);
    expect(() => interval(every as string)).toThrow(/^every /);
  });

  it.each([
    [3600, 'write "3600s" for seconds or "3600ms" for milliseconds'],
    ["3600", 'write "3600s" for seconds or "3600ms" for milliseconds'],
    [0.5, 'write "500ms" if it is in seconds'],
    ["90.5", 'write "1m30s500ms" if it is in seconds'],
  ])("refuses the bare number %j, and says how to write it with a unit", (every, hint) => {
    const { message } = catchError(() => interval(every as string));
    expect(message).toBe(`every ${JSON.stringify(every)} has no unit: ${hint}`);
    for (const [, written] of message.matchAll(/write "(.*?)"/g)) expect(interval(written!).next(0)).toBeGreaterThan(0);
  });

  it("takes no number by its type", () => {
    // @ts-expect-error A bare number has no unit.
    expect(() => interval(3600)).toThrow(/no unit/);
  });

  it("is stored in everyMs, whose name is its unit, so a number is read there", () => {
    const stored = { type: "interval", everyMs: 3_600_000 };
    expect(intervalType.parse(stored).toJSON()).toEqual(stored);
    expect(intervalType.parse({ type: "interval", everyMs: "1h" }).toJSON()).toEqual(stored);
    for (const everyMs of [1.5, null, true, "3600"])
      expect(() => intervalType.parse({ type: "interval", everyMs })).toThrow(/^everyMs .* (milliseconds|unit)/);
  });

  it("refuses wrong and unknown options", () => {
    expect(() => interval("1h", { anchor: "2030-01-01T00:00:00" })).toThrow(/anchor .* has no offset from UTC/);
    expect(() => interval("1h", { relative: "yes" as never })).toThrow(/relative "yes" must be true or false/);
    expect(() => interval("1h", { timezone: "Mars" })).toThrow(/timezone "Mars" is not a time zone/);
    expect(() => interval("1h", { every: 5 } as never)).toThrow(/unknown field "every"/);
  });

  describe("that is relative", () => {
    it("is due at the midnights of its zone, even around days of 23 and 25 hours", () => {
      const daily = interval("1d", { relative: true }).inTimezone!("Europe/Berlin");
      const take = (after: string): string[] => {
        const first = daily.next(epochMs(after));
        return [iso(first), iso(daily.next(first!))];
      };
      expect(take("2027-03-27T12:00:00Z")).toEqual(["2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"]);
      expect(take("2027-10-30T12:00:00Z")).toEqual(["2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z"]);
    });

    it("counts days on the calendar, not in hours", () => {
      const midsummer = "2027-06-30T22:00:00Z"; // midnight in Berlin
      const schedule = interval("2d", { relative: true, timezone: "Europe/Berlin", anchor: midsummer });
      const instants = [epochMs("2027-10-30T12:00:00Z")];
      for (let step = 0; step < 3; step += 1) instants.push(schedule.next(instants.at(-1)!)!);
      // 122, 124 and 126 days after; from November on midnight is at 23:00 UTC
      expect(instants.slice(1).map(iso)).toEqual([
        "2027-10-30T22:00:00Z",
        "2027-11-01T23:00:00Z",
        "2027-11-03T23:00:00Z",
      ]);
    });

    it("is due at whole hours of its zone", () => {
      const schedule = interval("2h", { relative: true, timezone: "Asia/Kolkata", anchor: "2030-01-01T00:10:00Z" });
      expect(iso(schedule.next(epochMs("2030-01-01T12:00:00Z")))).toBe("2030-01-01T13:30:00Z"); // 19:00
    });

    it("keeps its mean period if that is not a whole number of units", () => {
      const schedule = interval("90s", { relative: true });
      const instants = [0, 60_000, 180_000].map((after) => schedule.next(after));
      expect(instants).toEqual([60_000, 180_000, 240_000]);
    });

    it("is due once a second if it is shorter than a second", () => {
      const schedule = interval("300ms", { relative: true });
      expect([0, 999, 1_000].map((after) => schedule.next(after))).toEqual([1_000, 1_000, 2_000]);
    });

    it.each(["700ms", "45s", "90s", "61m", "7h", "1d", "36h"])("with %s is constant between two instants", (every) => {
      for (const timezone of ["Australia/Lord_Howe", "America/New_York", "Pacific/Apia"]) {
        const schedule = interval(every, { relative: true, timezone });
        let after = epochMs("2011-12-28T00:00:00Z");
        for (let step = 0; step < 400; step += 1) {
          const next = schedule.next(after)!;
          expect(next).toBeGreaterThan(after);
          expect(schedule.next(next - 1)).toBe(next);
          expect(schedule.next(after + Math.floor((next - after) / 3))).toBe(next);
          after = next;
        }
      }
    });
  });
});
