import { describe, expect, it } from "vitest";

import type { Schedule } from "../contract/schedule.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import { interval } from "./interval.js";
import { ScheduleCache } from "./schedule-cache.js";

describe("ScheduleCache", () => {
  it("keeps one object for all ways to write a rule in a zone", () => {
    const cache = new ScheduleCache();
    const schedule = cache.parse("0 7 * * *", "Europe/Berlin");
    expect(cache.parse({ type: "crontab", hour: "7", minute: "0" }, "Europe/Berlin")).toBe(schedule);
    expect(cache.parse({ type: "crontab", minute: 0, hour: 7, timezone: "Europe/Berlin" })).toBe(schedule);
    expect(cache.intern(crontab("0 7 * * *", { timezone: "Europe/Berlin" }))).toBe(schedule);
  });

  it("keeps schedules apart that differ in rule or zone", () => {
    const cache = new ScheduleCache();
    const texts = ["0 7 * * *", "0 8 * * *", "30s", "31s"];
    const schedules = texts.flatMap((text) => [cache.parse(text, "Europe/Berlin"), cache.parse(text, "Asia/Tokyo")]);
    expect(new Set(schedules.slice(0, 4)).size).toBe(4);
    expect(new Set(schedules.slice(4)).size).toBe(2); // an interval knows no zone
  });

  it("lets a million entries over 100 rules share 100 schedules", () => {
    const cache = new ScheduleCache();
    const distinct = new Set<Schedule>();
    for (let entry = 0; entry < 1_000_000; entry += 1) {
      distinct.add(
        cache.parse({ type: "crontab", minute: String(entry % 50), hour: String(entry % 4) }, "Europe/Berlin"),
      );
    }
    expect(distinct.size).toBe(100);
  });

  it("drops its schedules at its limit, and still reads them again", () => {
    const cache = new ScheduleCache({ maxSize: 2 });
    const first = cache.parse("1s");
    expect(cache.parse("2s")).not.toBe(first);
    expect(cache.parse("1s")).toBe(first);
    cache.parse("3s");
    const again = cache.parse("1s");
    expect(again).not.toBe(first);
    expect(again.toJSON()).toEqual(first.toJSON());
  });

  it("keeps no rule with a single instant, of which each requested run has its own", () => {
    const cache = new ScheduleCache({ maxSize: 2 });
    const shared = cache.parse("1s");
    for (let at = 0; at < 10; at += 1) {
      const text = new Date(at).toISOString();
      expect(cache.parse({ type: "clocked", at: text }, "Europe/Berlin").next(at - 1)).toBe(at);
      expect(cache.intern(clocked(text)).next(at)).toBeNull();
    }
    expect(cache.parse("1s")).toBe(shared);
  });

  it("reads the types that are passed", () => {
    const cache = new ScheduleCache({ types: [{ type: "minutely", parse: () => interval("1m") }] });
    expect(cache.parse({ type: "minutely" }).next(0)).toBe(60_000);
  });
});
