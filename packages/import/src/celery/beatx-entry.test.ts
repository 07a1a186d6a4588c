import { describe, expect, it } from "vitest";

import { readBeatxEntry } from "./beatx-entry.js";

const JSON_OF = {
  name: "a",
  task: "t",
  schedule: { __type__: "schedule", __value__: { run_every: 90.5, relative: true } },
  args: [1],
  kwargs: {},
  last_run_at: "2026-11-22 07:25:11.245746",
  total_run_count: 0,
  options: { queue: "q2" },
};

describe("an entry of celery-beatx", () => {
  it("has its last run as the wall clock of the application", () => {
    const entry = readBeatxEntry("a", JSON_OF, "America/New_York");
    expect(entry).toEqual({
      name: "a",
      task: "t",
      schedule: { type: "interval", seconds: 90.5, relative: true },
      args: [1],
      kwargs: {},
      options: { queue: "q2" },
      lastRunAt: Date.parse("2026-11-22T12:25:11.245Z"),
    });
    // 1:30 is shown twice on this day: the later one repeats nothing.
    const twice = { ...JSON_OF, last_run_at: "2026-11-01 01:30:00.000000" };
    expect(readBeatxEntry("a", twice, "America/New_York").lastRunAt).toBe(Date.parse("2026-11-01T06:30:00Z"));
  });

  it("has the fields of a crontab in the order of its class, and lists as Python's text", () => {
    const schedule = { __type__: "crontab", __value__: "[0, 30]\t4\tmon\t1\t*" };
    expect(readBeatxEntry("a", { ...JSON_OF, schedule }, "UTC").schedule).toEqual({
      type: "crontab",
      fields: { minute: "[0, 30]", hour: "4", day_of_week: "mon", day_of_month: "1", month_of_year: "*" },
    });
  });

  it("may be solar", () => {
    const schedule = { __type__: "solar", __value__: { event: "sunset", lat: 52.5, lon: 13.4 } };
    expect(readBeatxEntry("a", { ...JSON_OF, schedule }, "UTC").schedule).toEqual({
      type: "solar",
      event: "sunset",
      latitude: 52.5,
      longitude: 13.4,
    });
  });

  it("is refused with the reason", () => {
    expect(() => readBeatxEntry("a", { ...JSON_OF, schedule: null }, "UTC")).toThrow("none of celery-beatx: null");
    expect(() => readBeatxEntry("a", { ...JSON_OF, last_run_at: "now" }, "UTC")).toThrow('"now" is no moment');
    expect(() => readBeatxEntry("a", [], "UTC")).toThrow("no object");
  });
});
