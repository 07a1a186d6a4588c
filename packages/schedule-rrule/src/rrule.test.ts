import { parseSchedule, type Schedule, type ScheduleJson } from "@beatx/core";
import { describe, expect, it } from "vitest";

import { rrule, rruleType, scheduleType } from "./index.js";

const BERLIN = "DTSTART;TZID=Europe/Berlin:";
const iso = (instant: number | null): string =>
  instant === null ? "never" : new Date(instant).toISOString().replace(".000Z", "Z");

const take = (schedule: Schedule, after: string, count: number): string[] => {
  const instants: string[] = [];
  for (let at: number | null = Date.parse(after); at !== null && instants.length < count; instants.push(iso(at))) {
    at = schedule.next(at);
  }
  return instants;
};

describe("rrule", () => {
  it("is due at DTSTART itself when it matches the rule", () => {
    const schedule = rrule("DTSTART:20300101T090000Z\nRRULE:FREQ=DAILY");
    expect(iso(schedule.next(Date.parse("2030-01-01T08:59:59.999Z")))).toBe("2030-01-01T09:00:00Z");
    expect(iso(schedule.next(Date.parse("2030-01-01T09:00:00Z")))).toBe("2030-01-02T09:00:00Z");
    expect(iso(schedule.next(-Infinity))).toBe("2030-01-01T09:00:00Z");
  });

  it("is not due at a DTSTART that does not match the rule", () => {
    expect(take(rrule("DTSTART:20300101T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=1MO"), "2029-01-01T00:00:00Z", 2)).toEqual([
      "2030-01-07T09:00:00Z",
      "2030-02-04T09:00:00Z",
    ]);
  });

  it("ends after COUNT occurrences, or at UNTIL, inclusive", () => {
    const counted = rrule("DTSTART:20300101T090000Z\nRRULE:FREQ=DAILY;COUNT=2");
    expect(take(counted, "2029-01-01T00:00:00Z", 9)).toEqual(["2030-01-01T09:00:00Z", "2030-01-02T09:00:00Z", "never"]);
    expect(counted.next(Date.parse("2090-01-01T00:00:00Z"))).toBeNull();
    const until = rrule(`${BERLIN}20300101T090000\nRRULE:FREQ=DAILY;UNTIL=20300102T080000Z`);
    expect(take(until, "2029-01-01T00:00:00Z", 9)).toEqual(["2030-01-01T08:00:00Z", "2030-01-02T08:00:00Z", "never"]);
  });

  it("adds RDATEs and removes EXDATEs; COUNT counts neither", () => {
    const lines = [
      `${BERLIN}20300101T090000`,
      "RRULE:FREQ=DAILY;COUNT=3",
      "RDATE;TZID=America/New_York:20300103T120000,20300501T120000",
      "EXDATE;TZID=Europe/Berlin:20300102T090000",
      "EXDATE:20300501T160000Z",
    ];
    expect(take(rrule(lines.join("\r\n")), "2029-01-01T00:00:00Z", 9)).toEqual([
      "2030-01-01T08:00:00Z",
      "2030-01-03T08:00:00Z",
      "2030-01-03T17:00:00Z",
      "never",
    ]);
  });

  it("reads RDATE and EXDATE without a zone in that of DTSTART", () => {
    const others = "RRULE:FREQ=DAILY;COUNT=2\nRDATE:20300103T120000\nEXDATE:20300102T090000";
    const expected = ["2030-01-01T08:00:00Z", "2030-01-03T11:00:00Z", "never"];
    expect(take(rrule(`${BERLIN}20300101T090000\n${others}`), "2029-01-01T00:00:00Z", 9)).toEqual(expected);
    const floating = rrule(`DTSTART:20300101T090000\n${others}`, { timezone: "Europe/Berlin" });
    expect(take(floating, "2029-01-01T00:00:00Z", 9)).toEqual(expected);
  });

  it("omits times that the clocks skip, and takes the first of those that they repeat (RFC 5545, 3.3.10)", () => {
    expect(take(rrule(`${BERLIN}20270326T023000\nRRULE:FREQ=DAILY`), "2027-03-26T12:00:00Z", 2)).toEqual([
      "2027-03-27T01:30:00Z",
      "2027-03-29T00:30:00Z",
    ]);
    expect(take(rrule(`${BERLIN}20271029T023000\nRRULE:FREQ=DAILY`), "2027-10-30T12:00:00Z", 2)).toEqual([
      "2027-10-31T00:30:00Z",
      "2027-11-01T01:30:00Z",
    ]);
  });

  it("reads a DTSTART without a zone in UTC until inTimezone sets one, and keeps a zone of its own", () => {
    const text = "DTSTART:20300701T090000\nRRULE:FREQ=DAILY;UNTIL=20300703T090000";
    expect(take(rrule(text), "2030-07-02T00:00:00Z", 3)).toEqual([
      "2030-07-02T09:00:00Z",
      "2030-07-03T09:00:00Z",
      "never",
    ]);
    const placed = rrule(text).inTimezone!("Europe/Berlin");
    expect(take(placed, "2030-07-02T00:00:00Z", 3)).toEqual(["2030-07-02T07:00:00Z", "2030-07-03T07:00:00Z", "never"]);
    expect(rrule(text, { timezone: "Europe/Berlin" }).toJSON()).toEqual(placed.toJSON());
    expect(placed.inTimezone!("Asia/Tokyo")).toBe(placed);
    for (const own of ["DTSTART:20300701T090000Z", `${BERLIN}20300701T090000`]) {
      const schedule = rrule(`${own}\nRRULE:FREQ=DAILY`);
      expect(schedule.inTimezone!("Asia/Tokyo")).toBe(schedule);
    }
  });

  it("is read back from its JSON by the export that core looks for", () => {
    const text = "dtstart:20300101T090000\n\nfreq=monthly;byday=-1fr\nexdate:20300125T090000\n";
    const schedule = rrule(text, { timezone: "Asia/Tokyo" });
    const stored = JSON.parse(JSON.stringify(schedule)) as ScheduleJson;
    expect(stored).toEqual({
      type: "rrule",
      text: "DTSTART:20300101T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR\nEXDATE:20300125T090000",
      timezone: "Asia/Tokyo",
    });
    const read = parseSchedule(stored, [scheduleType]);
    expect(read.toJSON()).toEqual(stored);
    expect(read.next(1.9e12)).toBe(schedule.next(1.9e12));
    expect(String(read)).toBe(
      "DTSTART:20300101T090000 RRULE:FREQ=MONTHLY;BYDAY=-1FR EXDATE:20300125T090000 (Asia/Tokyo)",
    );
  });

  it("reads folded lines", () => {
    const schedule = rrule("DTSTART:20300101T090000Z\r\nRRULE:FREQ=DAILY;CO\r\n UNT=2");
    expect(schedule.toJSON()["text"]).toBe("DTSTART:20300101T090000Z\nRRULE:FREQ=DAILY;COUNT=2");
  });

  it.each([
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
    ["FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31"],
    ["FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"],
    ["FREQ=DAILY;COUNT=1;BYMONTH=2;BYMONTHDAY=30"],
    ["FREQ=DAILY;UNTIL=20291231T000000Z"],
    ["FREQ=DAILY;COUNT=1\nEXDATE:20300101T090000Z"],
  ])("refuses %s, which is never due, instead of searching for ever", (rule) => {
    expect(() => rrule(`DTSTART:20300101T090000Z\n${rule}`)).toThrow(/^rrule "DTSTART:.*" can never be due/);
  });

  it.each(["YEARLY", "MONTHLY", "DAILY", "HOURLY", "MINUTELY"])("finds the rarest date, stepping %s", (frequency) => {
    const rule = `FREQ=${frequency};BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=9;BYMINUTE=0`;
    expect(take(rrule(`${BERLIN}20300101T090000\n${rule}`), "2030-01-01T00:00:00Z", 2)).toEqual([
      "2044-02-29T08:00:00Z",
      "2072-02-29T08:00:00Z",
    ]);
  });

  it("ends when only times that the clocks skip are left", () => {
    // Since 2007 the clocks of New York skip this hour on the second Sunday of March.
    const rule = "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU";
    const schedule = rrule(`DTSTART;TZID=America/New_York:20050101T023000\n${rule}`);
    expect(take(schedule, "2005-01-01T00:00:00Z", 3)).toEqual([
      "2005-03-13T07:30:00Z",
      "2006-03-12T07:30:00Z",
      "never",
    ]);
  });

  it("refuses a DTSTART that the clocks skip", () => {
    const text = "DTSTART;TZID=America/New_York:20300310T023000\nFREQ=DAILY";
    expect(() => rrule(text)).toThrow(
      /DTSTART 20300310T023000 does not exist in America\/New_York: the clocks skip it/,
    );
    const floating = rrule("DTSTART:20300310T023000\nFREQ=DAILY");
    expect(() => floating.inTimezone!("America/New_York")).toThrow(/does not exist in America\/New_York/);
    expect(floating.inTimezone!("Europe/Berlin").next(0)).toBe(Date.parse("2030-03-10T01:30:00Z"));
  });

  it("ends with the range of beatx", () => {
    const daily = rrule("DTSTART:20300101T090000Z\nRRULE:FREQ=DAILY");
    expect(daily.next(Date.UTC(5138, 10, 16, 9))).toBeNull();
    expect(() => daily.next("1" as never)).toThrow(/^after is "1"/);
    expect(daily.next(8.64e15)).toBeNull();
  });
});

describe("an rrule refuses", () => {
  const START = "DTSTART:20300101T090000Z";
  it.each([
    ["RRULE:FREQ=DAILY", /^rrule has no DTSTART: write one, as in DTSTART;TZID=Europe\/Berlin/],
    [START, /^rrule has no RRULE: write one/],
    [`${START}\n${START}\nFREQ=DAILY`, /^rrule has more than one DTSTART/],
    [`${START}\nFREQ=DAILY\nFREQ=WEEKLY`, /^rrule has more than one RRULE/],
    [`${START},20300102T090000Z\nFREQ=DAILY`, /is more than one moment: use RDATE/],
    [
      `${START}\nFREQ=DAILY\nEXRULE:FREQ=WEEKLY`,
      /line "EXRULE:FREQ=WEEKLY" cannot be read: write lines that begin with/,
    ],
    [`${START}\nnonsense`, /line "nonsense" cannot be read/],
    ["DTSTART;VALUE=DATE:20300101\nFREQ=DAILY", /DTSTART has the parameter "VALUE=DATE": .* a day without a time/],
    ["DTSTART:20300101\nFREQ=DAILY", /DTSTART 20300101 cannot be read: write moments such as/],
    ["DTSTART:20300230T090000\nFREQ=DAILY", /DTSTART 20300230T090000 cannot be read/],
    ["DTSTART:20300201T240000\nFREQ=DAILY", /DTSTART 20300201T240000 cannot be read/],
    ["DTSTART;TZID=Europe/Atlantis:20300201T090000\nFREQ=DAILY", /timezone "Europe\/Atlantis" is not a time zone/],
    ["DTSTART;TZID=Europe/Berlin:20300201T090000Z\nFREQ=DAILY", /is in UTC and in the zone Europe\/Berlin: drop/],
    [`${START}\nFREQ=DAILY\nEXDATE;VALUE=DATE:20300102`, /EXDATE has the parameter "VALUE=DATE"/],
    [`${START}\nFREQ=FORTNIGHTLY`, /FREQ=FORTNIGHTLY cannot be read: FREQ takes YEARLY, MONTHLY/],
    [`${START}\nRRULE:INTERVAL=2`, /"INTERVAL=2" has no FREQ/],
    [`${START}\nFREQ=DAILY;FOO=1`, /"FOO=1" is not a part of a rule \(known: FREQ, INTERVAL/],
    [`${START}\nFREQ=DAILY;`, /"" is not a part of a rule/],
    [`${START}\nFREQ=DAILY;BYHOUR=9;BYHOUR=10`, /BYHOUR appears twice: join its values with commas/],
    [`${START}\nFREQ=DAILY;BYHOUR=25`, /BYHOUR=25 cannot be read: BYHOUR takes hours from 0 to 23/],
    [`${START}\nFREQ=DAILY;BYHOUR=9,`, /BYHOUR=9, cannot be read/],
    [`${START}\nFREQ=DAILY;BYSECOND=60`, /BYSECOND takes seconds from 0 to 59/],
    [`${START}\nFREQ=DAILY;INTERVAL=0`, /INTERVAL takes a whole number, at least 1/],
    [`${START}\nFREQ=DAILY;COUNT=-1`, /COUNT takes a whole number, at least 1/],
    [`${START}\nFREQ=DAILY;COUNT=10001`, /more than 10000: end it with UNTIL in place of COUNT/],
    [`${START}\nFREQ=MONTHLY;BYMONTHDAY=0`, /BYMONTHDAY takes days from 1 to 31/],
    [`${START}\nFREQ=MONTHLY;BYDAY=54MO`, /BYDAY takes weekdays/],
    [`${START}\nFREQ=DAILY;BYDAY=1MO`, /cannot be read: BYDAY with numeric value MUST NOT/],
    [`${START}\nFREQ=DAILY;UNTIL=20310101`, /UNTIL takes a moment such as/],
    [`${START}\nFREQ=DAILY;UNTIL=20310101T000000`, /UNTIL rule part MUST always be specified as a date with UTC time/],
    [`${START}\nFREQ=DAILY;COUNT=1;UNTIL=20310101T000000Z`, /COUNT and UNTIL MUST NOT occur/],
    [`${START}\nRRULE:RSCALE=CHINESE;FREQ=YEARLY`, /"RSCALE=CHINESE" is not a part of a rule/],
  ])("%j", (text, message) => {
    expect(() => rrule(text)).toThrow(message);
  });

  const all = (count: number): string => Array.from({ length: count }, (_, value) => value).join(",");
  it.each([
    [`FREQ=DAILY;BYHOUR=${all(24)};BYMINUTE=${all(60)};BYSECOND=${all(60)}`, /up to 86400 .* DAILY .* at most 5000$/],
    [`FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=${all(24)};BYMINUTE=${all(60)}`, /up to 381600 .* at most 5000$/],
    [`FREQ=MONTHLY;BYDAY=MO,TU;BYHOUR=${all(24)};BYMINUTE=${all(60)}`, /up to 14400 .* MONTHLY .* at most 5000$/],
    [`FREQ=HOURLY;BYMINUTE=${all(60)};BYSECOND=${all(60)};BYSETPOS=366`, /^(?!.*at most 5000)/],
    [
      `FREQ=DAILY;BYMINUTE=${all(13)};BYSETPOS=141,-14`,
      /BYSETPOS=141,-14 can never be due: .* at most 13 occurrences$/,
    ],
    ["FREQ=MONTHLY;BYDAY=1MO,-1FR;BYSETPOS=3", /can never be due: a period has at most 2 occurrences$/],
    ["FREQ=YEARLY;BYDAY=1MO,-1FR;BYMONTH=1,2;BYSETPOS=5", /can never be due: a period has at most 4 occurrences$/],
    ["FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3", /can never be due: a period has at most 2 occurrences$/],
    [
      `FREQ=DAILY\nEXDATE:${Array.from({ length: 1_001 }, () => "20300102T090000Z").join(",")}`,
      /1001 moments .* at most 1000$/,
    ],
  ])("a rule whose periods take seconds to compute, or have no such position: %.60s", (rule, message) => {
    const make = (): unknown => rrule(`${START}\n${rule}`);
    if (rule.startsWith("FREQ=HOURLY")) expect(make).not.toThrow();
    else expect(make).toThrow(message);
  });

  const EVERY_MINUTE = `BYHOUR=${all(24)};BYMINUTE=${all(60)}`;
  it.each([
    `FREQ=MONTHLY;BYDAY=1MO;${EVERY_MINUTE}`,
    `FREQ=MONTHLY;BYDAY=1MO,2TU,-1FR;${EVERY_MINUTE}`,
    `FREQ=YEARLY;BYDAY=1MO;${EVERY_MINUTE}`,
    `FREQ=YEARLY;BYMONTH=1,7;BYDAY=-1MO;${EVERY_MINUTE}`,
    `FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;${EVERY_MINUTE}`,
  ])("no rule whose periods have few occurrences (%#)", (rule) => {
    expect(rrule(`${START}\n${rule}`).next(Date.UTC(2030, 0, 1))).toEqual(expect.any(Number));
  });

  it.each(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])("no %s interval beyond the dates of the library", (frequency) => {
    const schedule = rrule(`${START}\nFREQ=${frequency};INTERVAL=999999999`);
    expect(schedule.next(Date.UTC(2029, 0, 1))).toBe(Date.UTC(2030, 0, 1, 9));
    expect(schedule.next(Date.UTC(2030, 0, 1, 9))).toBeNull();
    expect(schedule.next(9e13)).toBeNull();
  });

  it("a text without printing more than its beginning", () => {
    for (const text of ["x".repeat(1e6), `${START}\nFREQ=${"D".repeat(1e6)}`, `${START.repeat(1e5)}\nFREQ=DAILY`]) {
      expect(() => rrule(text)).toThrow(/^.{1,400}$/);
    }
  });

  it("anything but a text, and unknown fields", () => {
    expect(() => rrule(5 as never)).toThrow(/rrule text 5 is not a text|5 is not a text/);
    expect(() => rruleType.parse({ type: "rrule", rule: "FREQ=DAILY" })).toThrow(/unknown field "rule" in an rrule/);
  });

  it("a timezone for a DTSTART with its own zone, and an unknown timezone", () => {
    const text = "DTSTART:20300101T090000Z\nFREQ=DAILY";
    expect(() => rrule(text, { timezone: "Asia/Tokyo" })).toThrow(
      /timezone "Asia\/Tokyo" has no effect on DTSTART:.*Z/,
    );
    const floating = "DTSTART:20300101T090000\nFREQ=DAILY";
    expect(() => rrule(floating, { timezone: "Europe/Atlantis" })).toThrow(/is not a time zone/);
    expect(() => rrule(floating).inTimezone!("+01:00")).toThrow(/is not a time zone/);
  });
});
