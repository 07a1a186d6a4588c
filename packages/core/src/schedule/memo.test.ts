import { describe, expect, it } from "vitest";

import type { Schedule } from "../contract/schedule.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import { interval } from "./interval.js";
import { memoizeNext } from "./memo.js";

/** Counts the calls of the schedule's own `next`. */
function counted(schedule: Schedule): { schedule: Schedule; asked: () => number } {
  let count = 0;
  const next = (after: number): number | null => {
    count += 1;
    return schedule.next(after);
  };
  return { schedule: { type: schedule.type, next, toJSON: () => schedule.toJSON() }, asked: () => count };
}

describe("memoizeNext", () => {
  it("asks once for all times between two instants", () => {
    const { schedule, asked } = counted(interval("10s"));
    const memo = memoizeNext(schedule);
    expect([0, 1, 5_000, 9_999].map((after) => memo.next(after))).toEqual([10_000, 10_000, 10_000, 10_000]);
    expect(asked()).toBe(1);
    expect(memo.next(10_000)).toBe(20_000);
    expect(memo.next(9_000)).toBe(10_000);
    expect(asked()).toBe(2);
  });

  it("asks again about an earlier moment, and remembers the longer period from then on", () => {
    const { schedule, asked } = counted(interval("10s"));
    const memo = memoizeNext(schedule);
    expect([9_000, 5_000, 6_000, 9_000].map((after) => memo.next(after))).toEqual([10_000, 10_000, 10_000, 10_000]);
    expect(asked()).toBe(2);
  });

  it("remembers the last periods, and answers correctly about those that it dropped", () => {
    const { schedule, asked } = counted(interval("10s"));
    const memo = memoizeNext(schedule);
    const walk = (from: number, to: number): void => {
      for (let second = from; second < to; second += 1) {
        expect(memo.next(second * 1_000)).toBe(schedule.next(second * 1_000));
      }
    };
    walk(0, 200);
    const first = asked();
    walk(150, 200);
    expect(asked() - first).toBe(50); // the calls of this test itself: the last periods were in memory
    walk(0, 20);
    expect(asked() - first).toBe(50 + 20 + 2);
  });

  it("remembers that there is no further instant", () => {
    const { schedule, asked } = counted(clocked(1_000));
    const memo = memoizeNext(schedule);
    expect([1_000, 2_000, Number.MAX_SAFE_INTEGER].map((after) => memo.next(after))).toEqual([null, null, null]);
    expect(asked()).toBe(1);
    expect(memo.next(0)).toBe(1_000);
  });

  it("is otherwise the same schedule", () => {
    const schedule = crontab("0 7 * * *");
    const memo = memoizeNext(schedule);
    expect(memo.type).toBe("crontab");
    expect(memo.toJSON()).toEqual(schedule.toJSON());
    expect(String(memo)).toBe(String(schedule));
    expect(memo.inTimezone!("Asia/Tokyo").next(0)).toBe(schedule.inTimezone!("Asia/Tokyo").next(0));
    expect(memoizeNext(memo)).toBe(memo);
  });
});
