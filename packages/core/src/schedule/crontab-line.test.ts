import { describe, expect, it } from "vitest";

import { catchError } from "../../test/catch-error.js";
import { epochMs, iso } from "../../vectors/read-vectors.js";
import type { Schedule } from "../contract/schedule.js";
import { crontab, type CrontabLineOptions } from "./crontab.js";

const take = (schedule: Schedule, after: string, count: number): string[] => {
  const instants: string[] = [];
  for (let at: number | null = epochMs(after); instants.length < count; instants.push(iso(at))) at = schedule.next(at!);
  return instants;
};
const dates = (line: string, options: CrontabLineOptions, count: number): string[] =>
  take(crontab(line, options), "2026-01-01T00:00:00Z", count).map((instant) => instant.slice(0, 10));

describe("a crontab line", () => {
  it.each([
    ["@hourly", "0 * * * *"],
    ["@daily", "0 0 * * *"],
    ["@midnight", "0 0 * * *"],
    ["@weekly", "0 0 * * 0"],
    ["@monthly", "0 0 1 * *"],
    ["@yearly", "0 0 1 1 *"],
    ["@Annually", "0 0 1 1 *"],
  ])("can be %s, which means %s", (name, line) => {
    expect(crontab(name).toJSON()).toEqual(crontab(line).toJSON());
  });

  it("begins with seconds if it has six fields", () => {
    expect(take(crontab("*/20 59 23 * * *"), "2026-03-01T23:58:00Z", 4)).toEqual([
      "2026-03-01T23:59:00Z",
      "2026-03-01T23:59:20Z",
      "2026-03-01T23:59:40Z",
      "2026-03-02T23:59:00Z",
    ]);
    expect(iso(crontab("30 * * * * *").next(epochMs("2026-03-01T00:00:30Z")))).toBe("2026-03-01T00:01:30Z");
    expect(iso(crontab("30 * * * * *").next(epochMs("2026-03-01T00:00:29.999Z")))).toBe("2026-03-01T00:00:30Z");
  });

  it("is stored as five fields if the second is 0", () => {
    expect(crontab("0 30 7 * * mon-fri").toJSON()).toEqual(crontab("30 7 * * mon-fri").toJSON());
    expect(String(crontab("0 30 7 * * mon-fri"))).toBe("30 7 * * mon-fri");
  });

  it("follows the rules of ISC cron with seconds too", () => {
    const zone = { timezone: "Europe/Berlin" };
    const fixed = crontab("15,45 30 2 * * *", zone);
    expect(take(fixed, "2027-03-27T02:00:00Z", 2)).toEqual(["2027-03-28T01:00:00Z", "2027-03-29T00:30:15Z"]);
    expect(take(fixed, "2027-10-31T00:00:00Z", 3)).toEqual([
      "2027-10-31T00:30:15Z",
      "2027-10-31T00:30:45Z",
      "2027-11-01T01:30:15Z",
    ]);
    const wildcard = crontab("30 */30 * * * *", zone);
    expect(take(wildcard, "2027-10-31T00:20:00Z", 3)).toEqual([
      "2027-10-31T00:30:30Z",
      "2027-10-31T01:00:30Z",
      "2027-10-31T01:30:30Z",
    ]);
  });

  it.each([
    ["0 0 L * *", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]],
    ["0 0 L feb *", ["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]],
    ["0 0 15,L * *", ["2026-01-15", "2026-01-31", "2026-02-15", "2026-02-28"]],
    ["0 0 L-2 * *", ["2026-01-29", "2026-02-26", "2026-03-29", "2026-04-28"]],
    ["0 0 LW * *", ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30"]],
    ["0 0 15W * *", ["2026-01-15", "2026-02-16", "2026-03-16", "2026-04-15"]],
    ["0 0 1W * *", ["2026-02-02", "2026-03-02", "2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01"]],
    ["0 0 31W * *", ["2026-01-30", "2026-03-31", "2026-05-29", "2026-07-31"]],
    ["0 0 ? * 7", ["2026-01-04", "2026-01-11", "2026-01-18", "2026-01-25"]],
    ["0 0 0 1 1 ? 2030,2028/4", ["2028-01-01", "2030-01-01", "2032-01-01", "2036-01-01"]],
    ["0 0 0 29 2 * *", ["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"]],
    ["0 0 * * fri#L", ["2026-01-30", "2026-02-27", "2026-03-27", "2026-04-24"]],
    ["0 0 * * friL", ["2026-01-30", "2026-02-27", "2026-03-27", "2026-04-24"]],
    ["0 0 * * mon#2", ["2026-01-12", "2026-02-09", "2026-03-09", "2026-04-13"]],
    ["0 0 ? * Monday#1,sun#3", ["2026-01-05", "2026-01-18", "2026-02-02", "2026-02-15"]],
    ["0 0 * * thu#5", ["2026-01-29", "2026-04-30", "2026-07-30", "2026-10-29"]],
    ["0 0 L * friL", ["2026-07-31", "2027-04-30", "2027-12-31", "2028-03-31"]],
    ["0 0 * feb sun#5", ["2032-02-29", "2060-02-29", "2088-02-29", "2128-02-29"]],
  ])("that says %s is due on %j", (line, expected) => {
    expect(dates(line, {}, expected.length)).toEqual(expected);
  });

  it("must match both day fields, unless dayMatch says that one is enough", () => {
    expect(dates("0 0 13 * fri", {}, 2)).toEqual(["2026-02-13", "2026-03-13"]);
    expect(dates("0 0 13 * fri", { dayMatch: "and" }, 2)).toEqual(["2026-02-13", "2026-03-13"]);
    expect(dates("0 0 13 * fri", { dayMatch: "or" }, 4)).toEqual([
      "2026-01-02",
      "2026-01-09",
      "2026-01-13",
      "2026-01-16",
    ]);
  });

  it.each(["0 0 * * fri", "0 0 13 * *", "0 0 */2 * fri", "0 0 13 * ?"])(
    "that says %s is the same for both values of dayMatch",
    (line) => {
      expect(crontab(line, { dayMatch: "or" }).toJSON()).toEqual(crontab(line).toJSON());
    },
  );

  it("chooses the times of H only by the hash", () => {
    const line = "H H(1-4) * * *";
    const one = crontab(line, { hash: "one" });
    expect(crontab(line, { hash: "one" }).toJSON()).toEqual(one.toJSON());
    expect(one.next(0)).toBe(crontab(line, { hash: "one" }).next(0));
    const hashes = Array.from({ length: 300 }, (_, index) => `entry-${index}`);
    const instants = hashes.map((hash) => new Date(crontab(line, { hash }).next(0)!));
    expect(new Set(instants.map((at) => at.getUTCMinutes())).size).toBeGreaterThan(50);
    expect(new Set(instants.map((at) => at.getUTCHours()))).toEqual(new Set([1, 2, 3, 4]));
    expect(crontab("* * * * *", { hash: "unused" }).toJSON()).toEqual(crontab("* * * * *").toJSON());
  });

  it("takes steps from a hashed start, and chooses a day that every month has", () => {
    const minutes = take(crontab("H/15 * * * *", { hash: "x" }), "2026-01-01T00:00:00Z", 5).map((at) =>
      at.slice(14, 16),
    );
    expect(minutes.map((minute) => Number(minute) % 15)).toEqual(Array(5).fill(Number(minutes[0]) % 15));
    expect(new Set(minutes.slice(0, 4)).size).toBe(4);
    for (const hash of ["a", "b", "c", "d", "e", "f", "g"]) {
      const months = dates("0 0 H * *", { hash }, 12).map((date) => date.slice(5, 7));
      expect(new Set(months).size, hash).toBe(12);
    }
  });

  it("keeps the times of H from version to version, as guaranteed", () => {
    expect(take(crontab("H H H * *", { hash: "nightly-report" }), "2026-01-01T00:00:00Z", 1)).toMatchInlineSnapshot(`
      [
        "2026-01-06T23:49:00Z",
      ]
    `);
    expect(take(crontab("H/20 * * * * *", { hash: "probe" }), "2026-01-01T00:00:00Z", 2)).toMatchInlineSnapshot(`
      [
        "2026-01-01T00:00:17Z",
        "2026-01-01T00:00:37Z",
      ]
    `);
  });

  it("refuses an H without a hash, and says how to pass one", () => {
    expect(() => crontab("H 3 * * *")).toThrow(
      /crontab minute "H" has an H but no hash: pass .* hash: "nightly-report"/,
    );
    expect(() => crontab("H 3 * * *", { hash: "" })).toThrow(/crontab hash "" cannot be read/);
    expect(() => crontab("0 3 * * *", { hash: 5 as never })).toThrow(/crontab hash 5 cannot be read/);
  });

  it.each([
    ["0 0 * * mon#0", "dayOfWeek"],
    ["0 0 * * mon#6", "dayOfWeek"],
    ["0 0 * * mon-fri#2", "dayOfWeek"],
    ["0 0 L-31 * *", "dayOfMonth"],
    ["0 0 32W * *", "dayOfMonth"],
    ["0 0 0W * *", "dayOfMonth"],
    ["0 0 W * *", "dayOfMonth"],
    ["0 0 1-5W * *", "dayOfMonth"],
    ["0 0 * * 8", "dayOfWeek"],
    ["0 0 * * 7-8", "dayOfWeek"],
    ["60/5 * * * *", "minute"],
    ["0/0 * * * *", "minute"],
    ["0 0 5L * *", "dayOfMonth"],
    ["0 0 mon#1 * *", "dayOfMonth"],
    ["0 L * * *", "hour"],
    ["60 * * * * *", "second"],
    ["H(5-70) * * * *", "minute"],
    ["H(9-3) * * * *", "minute"],
    ["H(0-9)/11 * * * *", "minute"],
    ["H/0 * * * *", "minute"],
    ["H-5 * * * *", "minute"],
  ])("is refused for %s, naming the field %s", (line, field) => {
    const error = catchError(() => crontab(line, { hash: "x" }));
    expect(error).toMatchObject({ code: "CONFIG", field });
    expect(error.message).toMatch(/cannot be read: write \*, a number from/);
  });

  it.each(["0 0 1-7 * mon#2", "0 0 1 * friL", "0 0 30 feb ?", "0 0 1-28 feb sun#5"])(
    "is refused for %s when it is created, because it can never be due",
    (line) => {
      expect(() => crontab(line)).toThrow(/can never be due/);
    },
  );

  it("may have an impossible date if the other day field is enough", () => {
    expect(dates("0 0 30 feb mon", { dayMatch: "or" }, 2)).toEqual(["2026-02-02", "2026-02-09"]);
    expect(() => crontab("0 0 30 feb mon")).toThrow(/can never be due on dayOfWeek "mon"/);
  });

  it("has more syntax than the fields object, which is Celery's", () => {
    expect(() => crontab({ dayOfMonth: "L" })).toThrow(/dayOfMonth "L" cannot be read/);
    expect(() => crontab({ dayOfWeek: "mon#1" })).toThrow(/dayOfWeek "mon#1" cannot be read/);
    expect(() => crontab({ minute: "H" })).toThrow(/minute "H" cannot be read/);
    expect(() => crontab({ dayMatch: "or" } as never)).toThrow(/unknown field "dayMatch"/);
  });

  it("is refused for an unknown dayMatch", () => {
    expect(() => crontab("* * * * *", { dayMatch: "xor" as never })).toThrow(/crontab dayMatch "xor" cannot be read/);
  });

  it("is shown with its options", () => {
    const schedule = crontab("H 0 13 * fri", { hash: "a", dayMatch: "or", timezone: "Asia/Tokyo" });
    expect(String(schedule)).toBe('H 0 13 * fri (Asia/Tokyo, hash "a", on either kind of day)');
    expect(schedule.toJSON()).toEqual({
      type: "crontab",
      expression: "H 0 13 * fri",
      dayMatch: "or",
      hash: "a",
      timezone: "Asia/Tokyo",
    });
  });
});
