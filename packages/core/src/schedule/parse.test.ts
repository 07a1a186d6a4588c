import { describe, expect, it } from "vitest";

import { ConfigError } from "../base/errors.js";
import type { Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { isSchedule } from "../contract/schedule.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import { interval } from "./interval.js";
import { parseSchedule } from "./parse.js";

const schedules: readonly Schedule[] = [
  crontab("*/5 7-9,22-4 * jan-mar mon", { timezone: "Asia/Tokyo" }),
  crontab({ minute: [30, 0], hour: 4 }),
  crontab("*/10 30 7 L,15 * ?", { timezone: "Asia/Tokyo" }),
  crontab("H H(0-5) 13 * fri,mon#2", { dayMatch: "or", hash: "nightly" }),
  interval("90s"),
  interval("1d", { relative: true, timezone: "Europe/Berlin", anchor: "2030-01-01T00:00:00Z" }),
  interval("2h", { relative: true }),
  clocked("2030-01-31T09:00:00Z"),
];

describe("parseSchedule", () => {
  it.each(schedules.map((schedule) => [String(schedule), schedule] as const))("reads back %s", (_text, schedule) => {
    const stored = JSON.parse(JSON.stringify(schedule)) as ScheduleJson;
    const read = parseSchedule(stored);
    expect(read).toEqual(schedule);
    expect(read.toJSON()).toEqual(stored);
    expect(read.next(1.9e12)).toBe(schedule.next(1.9e12));
  });

  it("reads five or six fields and an @name as a crontab, and a duration as an interval", () => {
    expect(parseSchedule(" 0 7 * *  mon-fri ")).toEqual(crontab("0 7 * * mon-fri"));
    expect(parseSchedule("*/10 * * * * *")).toEqual(crontab("*/10 * * * * *"));
    expect(parseSchedule("@daily")).toEqual(crontab("0 0 * * *"));
    expect(parseSchedule("every 30s")).toEqual(interval("30s"));
    expect(parseSchedule("1h30m")).toEqual(interval("90m"));
  });

  it.each(["", "soon", "@reboot", "every day", "* * * *", "30", "2030-01-31T09:00:00Z"])(
    "refuses the text %j",
    (text) => {
      expect(() => parseSchedule(text)).toThrow(ConfigError);
    },
  );

  it("describes the syntax of texts in its error", () => {
    expect(() => parseSchedule("soon")).toThrow(/write a crontab \("0 7 \* \* mon-fri", "@daily"\) or an interval/);
  });

  it.each([null, [], 5, {}, { type: 5 }])("refuses %j, which is not a schedule", (json) => {
    expect(() => parseSchedule(json as never)).toThrow(/schedule .* cannot be read: expected an object with "type"/);
  });

  it("lists the known types, and says what to install for another one", () => {
    expect(() => parseSchedule({ type: "lunar" })).toThrow(
      /^unknown schedule type "lunar" \(known: crontab, interval, clocked, anyOf, allOf; if @beatx\/schedule-lunar .* install it\)$/,
    );
  });

  it("refuses unknown fields of a type", () => {
    expect(() => parseSchedule({ type: "crontab", minut: "5" })).toThrow(/unknown field "minut" in a crontab schedule/);
    const both = { type: "crontab", expression: "@daily", hour: "5" };
    expect(() => parseSchedule(both)).toThrow(/unknown field "hour" in a crontab schedule with an expression/);
    expect(() => parseSchedule({ type: "interval", every: "5s" })).toThrow(/unknown field "every" in an interval/);
    expect(() => parseSchedule({ type: "clocked", at: 0, timezone: "UTC" })).toThrow(/unknown field "timezone"/);
    expect(() => parseSchedule({ type: "interval" })).toThrow(/everyMs undefined is not a duration/);
  });

  it("uses the types that are passed for schedules that are not built in", () => {
    const never: Schedule = {
      type: "never",
      next: () => null,
      toJSON: () => ({ type: "never" }),
      toString: () => "never",
    };
    const neverType: ScheduleType = { type: "never", parse: () => never };
    expect(parseSchedule({ type: "never" }, [neverType])).toBe(never);
  });
});

describe("isSchedule", () => {
  it("distinguishes schedules from their JSON and text", () => {
    expect(schedules.every(isSchedule)).toBe(true);
    expect([null, undefined, "* * * * *", {}, { type: "crontab" }, schedules[0]!.toJSON()].some(isSchedule)).toBe(
      false,
    );
  });
});
