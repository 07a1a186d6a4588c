import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { rrule } from "./index.js";

interface Example {
  what: string;
  start: string;
  rule: string;
  /** Days by month. */
  dates: Record<string, number[]>;
  ends: boolean;
}

const examples = readFileSync(new URL("../vectors/rfc5545.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Example);

const spell = (dates: Example["dates"]): string[] =>
  Object.entries(dates).flatMap(([month, days]) => days.map((day) => `${month}-${String(day).padStart(2, "0")}`));

const wallClock = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "America/New_York",
  dateStyle: "short",
  timeStyle: "medium",
});

/** The first instants on the wall clock of New York, as `yyyy-mm-dd hh:mm:ss`, until the rule ends. */
function occurrences(rule: string, count: number, start = "19970902T090000"): string[] {
  const schedule = rrule(`DTSTART;TZID=America/New_York:${start}\n${rule}`);
  const shown: string[] = [];
  let at = schedule.next(Date.UTC(1990, 0, 1));
  while (at !== null && shown.length < count) {
    shown.push(wallClock.format(at));
    at = schedule.next(at);
  }
  return at === null ? [...shown, "end"] : shown;
}

const at = (date: string, ...times: readonly string[]): string[] => times.map((time) => `${date} ${time}:00`);

describe("the examples of RFC 5545", () => {
  it.each(examples)("$what", ({ start, rule, dates, ends }) => {
    const expected = spell(dates).map((date) => `${date} 09:00:00`);
    expect(occurrences(rule, expected.length, start)).toEqual(ends ? [...expected, "end"] : expected);
  });

  it("every 3 hours from 9:00 to 17:00 on a specific day", () => {
    const rule = "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z";
    expect(occurrences(rule, 9)).toEqual([...at("1997-09-02", "09:00", "12:00", "15:00"), "end"]);
  });

  it("every 15 minutes for 6 occurrences", () => {
    const expected = at("1997-09-02", "09:00", "09:15", "09:30", "09:45", "10:00", "10:15");
    expect(occurrences("FREQ=MINUTELY;INTERVAL=15;COUNT=6", 9)).toEqual([...expected, "end"]);
  });

  it("every hour and a half for 4 occurrences", () => {
    const expected = at("1997-09-02", "09:00", "10:30", "12:00", "13:30");
    expect(occurrences("FREQ=MINUTELY;INTERVAL=90;COUNT=4", 9)).toEqual([...expected, "end"]);
  });

  it.each([
    "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
    "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
  ])("every 20 minutes from 9:00 to 16:40 every day: %s", (rule) => {
    const times = Array.from({ length: 24 }, (_, index) =>
      new Date((9 * 60 + 20 * index) * 60_000).toISOString().slice(11, 16),
    );
    expect(occurrences(rule, 48)).toEqual([...at("1997-09-02", ...times), ...at("1997-09-03", ...times)]);
  });
});
