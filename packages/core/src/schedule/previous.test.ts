import { describe, expect, it } from "vitest";

import type { Schedule } from "../contract/schedule.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import { interval } from "./interval.js";
import { previousInstant } from "./previous.js";

const now = Date.UTC(2030, 5, 15, 12, 0, 0);

describe("previousInstant", () => {
  it("is the newest instant of a full list", () => {
    const schedules = [
      interval("7s"),
      interval("100m", { anchor: now - 1 }),
      crontab("*/7 9-17 * * mon-fri", { timezone: "Europe/Berlin" }),
      crontab("0 12 15 * *"),
    ];
    for (const schedule of schedules) {
      for (const backMs of [0, 1, 6_999, 60_000, 3_600_001, 86_400_000]) {
        const end = now - backMs;
        const floor = end - 40 * 86_400_000;
        expect(previousInstant(schedule, end, floor), `${String(schedule)} back ${backMs}`).toBe(
          newestOf(schedule, end, floor),
        );
      }
    }
  });

  it("includes notAfter and excludes floor", () => {
    const schedule = interval("1m");
    expect(previousInstant(schedule, 120_000, 0)).toBe(120_000);
    expect(previousInstant(schedule, 119_999, 60_000)).toBeNull();
    expect(previousInstant(schedule, 119_999, 59_999)).toBe(60_000);
    expect(previousInstant(schedule, 120_000, 120_000)).toBeNull();
    expect(previousInstant(schedule, 120_000, 500_000)).toBeNull();
  });

  it("reaches back over years, and to the beginning of time", () => {
    expect(previousInstant(crontab("0 0 29 2 mon"), now, -Infinity)).toBe(Date.UTC(2016, 1, 29));
    expect(previousInstant(clocked(5), now, -Infinity)).toBe(5);
    expect(previousInstant(clocked(now + 1), now, -Infinity)).toBeNull();
  });

  it("calls next some dozens of times after an outage of ten years", () => {
    let asked = 0;
    const schedule = interval("100ms");
    const counting: Pick<Schedule, "next"> = { next: (after) => ((asked += 1), schedule.next(after)) };
    expect(previousInstant(counting, now, now - 10 * 365 * 86_400_000)).toBe(now);
    const yearly = crontab("0 0 1 1 *");
    const countingYearly: Pick<Schedule, "next"> = { next: (after) => ((asked += 1), yearly.next(after)) };
    expect(previousInstant(countingYearly, now, 0)).toBe(Date.UTC(2030, 0, 1));
    expect(asked).toBeLessThan(120);
  });
});

function newestOf(schedule: Schedule, notAfter: number, floor: number): number | null {
  let newest: number | null = null;
  for (let at = schedule.next(floor); at !== null && at <= notAfter; at = schedule.next(at)) newest = at;
  return newest;
}
