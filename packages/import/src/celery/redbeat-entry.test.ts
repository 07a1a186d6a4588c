import { rrule } from "@beatx/schedule-rrule";
import { describe, expect, it } from "vitest";

import { readRedBeatEntry } from "./redbeat-entry.js";
import { rruleTextOf } from "./rrule-text.js";

const INTERVAL = { __type__: "interval", every: 30, relative: false };
const date = (timezone: string | number): object => {
  return { __type__: "datetime", year: 2027, month: 7, day: 1, hour: 12, minute: 30, second: 5, microsecond: 123456, timezone };
}; // prettier-ignore

function read(definition: object, meta: object | null = {}): ReturnType<typeof readRedBeatEntry> {
  const whole = {
    name: "a",
    task: "t",
    args: [],
    kwargs: {},
    options: {},
    schedule: INTERVAL,
    enabled: true,
    ...definition,
  };
  return readRedBeatEntry(JSON.stringify(whole), meta === null ? null : JSON.stringify(meta));
}

describe("an entry of RedBeat", () => {
  it("has its last run in the zone of the application, by name or by offset", () => {
    const berlin = read({}, { last_run_at: date("Europe/Berlin"), total_run_count: 3 });
    expect([berlin.lastRunAt, berlin.seenTimezone]).toEqual([Date.parse("2027-07-01T10:30:05.123Z"), "Europe/Berlin"]);
    const offset = read({}, { last_run_at: date(-12_600) });
    expect([offset.lastRunAt, offset.seenTimezone]).toEqual([Date.parse("2027-07-01T16:00:05.123Z"), null]);
  });

  it("that has never run is due at once, as it is for RedBeat, unless it is disabled", () => {
    expect([read({}, null).isOverdue, read({}, { last_run_at: null }).isOverdue]).toEqual([true, true]);
    expect(read({ enabled: false }, null)).toMatchObject({ enabled: false, lastRunAt: null });
    expect(read({ enabled: false }, null).isOverdue).toBeUndefined();
  });

  it("keeps crontabs as they are written", () => {
    const schedule = { __type__: "crontab", minute: [0, 30], hour: "*/2", day_of_week: "mon-fri" };
    expect(read({ schedule }).schedule).toEqual({
      type: "crontab",
      fields: { minute: [0, 30], hour: "*/2", day_of_week: "mon-fri", day_of_month: "*", month_of_year: "*" },
    });
  });

  it("writes dates in arguments as Celery does, and those of options as text", () => {
    const { args, options, notes } = read({ args: [{ on: date("Europe/Berlin") }], options: { expires: date("UTC") } });
    const text = "2027-07-01T12:30:05.123456+02:00";
    expect(args).toEqual([{ on: { __type__: "datetime", __value__: text } }]);
    expect(options).toEqual({ expires: "2027-07-01T12:30:05.123456+00:00" });
    expect(notes).toEqual([expect.stringContaining("Celery 5.3")]);
  });

  it("is refused with the reason if something would be lost", () => {
    expect(() => read({ schedule: { __type__: "mine" } })).toThrow("none of RedBeat's own");
    expect(() => read({ args: [INTERVAL] })).toThrow("have a interval");
    expect(() => readRedBeatEntry('{"name":"a","task":"t","args":[9007199254740993]}', null)).toThrow(
      "9007199254740993",
    );
    expect(() => readRedBeatEntry('{"name":"a","task":"t","args":[NaN]}', null)).toThrow("NaN");
    expect(() => readRedBeatEntry("{", null)).toThrow("is not JSON");
  });
});

describe("an rrule of RedBeat", () => {
  const START = Date.UTC(2027, 0, 1, 9) / 1000;

  it("is written as RFC 5545, at the offset of its start", () => {
    const weekday = { __type__: "weekday", wkday: 4 };
    const json = {
      freq: 1,
      dtstart: START,
      dtstart_tz: 60,
      interval: 2,
      byweekday: [weekday, 0],
      bysetpos: -1,
      wkst: 6,
    };
    const text = rruleTextOf(json);
    expect(text).toBe(
      "DTSTART;TZID=Etc/GMT-1:20270101T100000\nRRULE:FREQ=MONTHLY;INTERVAL=2;WKST=SU;BYSETPOS=-1;BYDAY=FR,MO",
    );
    expect(rrule(text).next(START * 1000)).toBe(Date.UTC(2027, 0, 29, 9));
  });

  it("may end", () => {
    expect(rruleTextOf({ freq: 3, dtstart: START, until: START + 86_400, until_tz: 60 })).toBe(
      "DTSTART:20270101T090000Z\nRRULE:FREQ=DAILY;UNTIL=20270102T090000Z",
    );
    expect(rruleTextOf({ freq: 4, dtstart: START, count: 3 })).toBe(
      "DTSTART:20270101T090000Z\nRRULE:FREQ=HOURLY;COUNT=3",
    );
  });

  it("is refused if the RFC has no words for it", () => {
    expect(() => rruleTextOf({ freq: 0, dtstart: START, byeaster: 0 })).toThrow("byeaster");
    expect(() => rruleTextOf({ freq: 3, dtstart: START, count: 1, until: START })).toThrow("both count and until");
    expect(() => rruleTextOf({ freq: 3, dtstart: START, dtstart_tz: 330 })).toThrow("offset 330 min");
    expect(() => rruleTextOf({ freq: 9, dtstart: START })).toThrow("its freq is 9");
    expect(() => rruleTextOf({ freq: 3, dtstart: START, byhour: "x" })).toThrow('"x" is no whole number');
  });
});
