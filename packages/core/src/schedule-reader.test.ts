import { describe, expect, it } from "vitest";

import { ConfigError } from "./errors.js";
import { clocked, interval, type Schedule } from "./schedule/index.js";
import { scheduleReader } from "./schedule-reader.js";

describe("scheduleReader", () => {
  it("makes one object of equal rules, however they are written", () => {
    const read = scheduleReader("Europe/Berlin");
    expect(read("every 30s")).toBe(read(interval(30_000)));
    expect(read("0 7 * * *")).toBe(read({ type: "crontab", hour: 7, minute: 0, timezone: "Europe/Berlin" }));
    expect(read("0 7 * * *")).not.toBe(read({ type: "crontab", hour: 7, minute: 0, timezone: "UTC" }));
  });

  it.each(["every 99ms", interval(5), { type: "interval", everyMs: 1 }])(
    "refuses %j, which no leader can keep",
    (fast) => {
      expect(() => scheduleReader("UTC")(fast)).toThrow(ConfigError);
      expect(() => scheduleReader("UTC")(fast)).toThrow(/every \d+ms is too frequent: .*100 ms.*"5s" is seconds/);
    },
  );

  it.each(["100ms", interval(1, { relative: true }), clocked(0), clocked(-5)])("takes %j", (schedule) => {
    const read = scheduleReader("UTC")(schedule);
    expect(read.next(-10)).not.toBeNull();
  });

  it("asks a type of somebody else's how often it is due, once", () => {
    const asked: number[] = [];
    const frantic: Schedule = {
      type: "frantic",
      next(after) {
        asked.push(after);
        return after + 10;
      },
      toJSON: () => ({ type: "frantic" }),
      toString: () => "frantic",
    };
    expect(() => scheduleReader("UTC")(frantic)).toThrow(/frantic is too frequent/);
    expect(asked).toEqual([0, 10]);
  });
});
