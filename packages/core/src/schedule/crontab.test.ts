import { describe, expect, it, vi } from "vitest";

import { crontabFields, epochMs, iso, readVectors, type VectorFields } from "../../vectors/read-vectors.js";
import { ConfigError } from "../base/errors.js";
import type { Schedule } from "../contract/schedule.js";
import { crontab, type CrontabFields } from "./crontab.js";
import { ZoneOffsets } from "./zone-offsets.js";

interface Check {
  now: string;
  due: boolean;
  next_s: number;
}
interface CrontabRow {
  id: string;
  fields: VectorFields;
  timezone: string;
  last_run_at: string;
  due: string[];
  checks?: Check[];
}
interface NextQuirk extends Omit<CrontabRow, "due"> {
  kind: "next";
  due: string;
}
interface DueQuirk extends Omit<CrontabRow, "due"> {
  kind: "is_due";
  now: string;
  expected: Omit<Check, "now">;
}
interface DstRow extends CrontabRow {
  what: string;
  until: string;
  vixie: string[];
}

const made = (row: { fields: VectorFields; timezone: string }): Schedule =>
  crontab({ ...crontabFields(row.fields), timezone: row.timezone });

const take = (schedule: Schedule, after: number, count: number): string[] => {
  const instants: string[] = [];
  for (let instant: number | null = after; instants.length < count; instants.push(iso(instant))) {
    instant = schedule.next(instant!);
  }
  return instants;
};

/** Compares `next` with the answer of Celery's `is_due`. Celery counts microseconds, beatx milliseconds. */
const expectDue = (schedule: Schedule, lastRunAt: number, now: number, expected: Omit<Check, "now">): void => {
  const dueAt = schedule.next(lastRunAt)!;
  const nextAt = dueAt <= now ? schedule.next(now)! : dueAt;
  expect(dueAt <= now, `due at ${iso(now)}`).toBe(expected.due);
  expect(Math.abs((nextAt - now) / 1000 - expected.next_s), `next at ${iso(now)}`).toBeLessThan(0.001);
};

describe("crontab", () => {
  describe("is due when Celery's crontab is", () => {
    it.each(readVectors<CrontabRow>("crontab"))("$id: $fields in $timezone", (row) => {
      const schedule = made(row);
      const lastRunAt = epochMs(row.last_run_at);
      expect(take(schedule, lastRunAt, row.due.length)).toEqual(row.due);
      for (const check of row.checks ?? []) expectDue(schedule, lastRunAt, epochMs(check.now), check);
    });
  });

  describe("is right where Celery is not", () => {
    it.each(readVectors<NextQuirk | DueQuirk>("crontab_quirks"))("$id: $fields in $timezone", (row) => {
      const lastRunAt = epochMs(row.last_run_at);
      if (row.kind === "next") expect(iso(made(row).next(lastRunAt))).toBe(row.due);
      else expectDue(made(row), lastRunAt, epochMs(row.now), row.expected);
    });
  });

  describe("follows the rules of ISC cron when the clocks change", () => {
    it.each(readVectors<DstRow>("dst"))("$id: $what, in $timezone", (row) => {
      const schedule = made(row);
      const instants: string[] = [];
      let instant = schedule.next(epochMs(row.last_run_at));
      while (instant !== null && instant <= epochMs(row.until)) {
        instants.push(iso(instant));
        instant = schedule.next(instant);
      }
      expect(instants).toEqual(row.vixie);
    });

    it("is not due when a repeated hour comes the second time, even if asked within it", () => {
      const schedule = crontab("45 2 * * *", { timezone: "Europe/Berlin" });
      const secondPass = epochMs("2027-10-31T01:10:00Z"); // 02:10 again
      expect(iso(schedule.next(secondPass))).toBe("2027-11-01T01:45:00Z");
    });

    it("is due once, late, for a day that a zone skips to cross the date line", () => {
      const schedule = crontab("0 12 * * fri", { timezone: "Pacific/Apia" }); // there was no Friday 30 December 2011
      expect(take(schedule, epochMs("2011-12-24T00:00:00Z"), 2)).toEqual([
        "2011-12-30T10:00:00Z",
        "2012-01-05T22:00:00Z",
      ]);
    });

    it("comes again in the repeated hour even if its next new date is a year away", () => {
      const schedule = crontab("*/30 1 1 11 *", { timezone: "America/New_York" });
      const firstPass = epochMs("2026-11-01T05:45:00Z"); // 01:45 before the clocks are put back to 01:00
      expect(take(schedule, firstPass, 3)).toEqual([
        "2026-11-01T06:00:00Z",
        "2026-11-01T06:30:00Z",
        "2027-11-01T05:00:00Z",
      ]);
    });

    it("repeats times of the day before when the clocks are put back across midnight", () => {
      const schedule = crontab("*/30 * * * *", { timezone: "America/St_Johns" }); // 00:01 became 23:01
      const instants = take(schedule, epochMs("2010-11-07T01:45:00Z"), 4);
      expect(instants).toEqual([
        "2010-11-07T02:00:00Z", // 23:30
        "2010-11-07T02:30:00Z", // 00:00
        "2010-11-07T03:00:00Z", // 23:30
        "2010-11-07T03:30:00Z", // 00:00
      ]);
    });
  });

  it("reads its fields in UTC until it gets a zone, and keeps its own zone", () => {
    const noon = crontab("0 12 * * *");
    const after = epochMs("2030-07-01T00:00:00Z");
    expect(iso(noon.next(after))).toBe("2030-07-01T12:00:00Z");
    const placed = noon.inTimezone!("Europe/Berlin");
    expect(iso(placed.next(after))).toBe("2030-07-01T10:00:00Z");
    expect(placed.toJSON()).toEqual({ ...noon.toJSON(), timezone: "Europe/Berlin" });
    expect(placed.inTimezone!("Asia/Tokyo")).toBe(placed);
  });

  it("means the same written as a line, as fields or as numbers", () => {
    const line = crontab("0,30 7 * * mon-fri", { timezone: "Asia/Tokyo" });
    const fields = crontab({ minute: [0, 30], hour: 7, dayOfWeek: "Mon-Fri", timezone: "Asia/Tokyo" });
    expect(fields.toJSON()).toEqual(line.toJSON());
    expect(String(fields)).toBe("0,30 7 * * mon-fri (Asia/Tokyo)");
  });

  it("is due every minute if all fields are omitted", () => {
    expect(crontab().toJSON()).toEqual(crontab("* * * * *").toJSON());
  });

  it("must match both day of month and day of week", () => {
    const fridayThe13th = crontab("0 0 13 * fri");
    expect(take(fridayThe13th, epochMs("2026-03-14T00:00:00Z"), 2)).toEqual([
      "2026-11-13T00:00:00Z",
      "2027-08-13T00:00:00Z",
    ]);
  });

  it("finds the rarest dates, such as a Monday 29 February, even with 40 years in between around 2100", () => {
    const schedule = crontab("0 0 29 2 mon", { timezone: "Europe/Berlin" });
    expect(take(schedule, epochMs("2026-01-01T00:00:00Z"), 4)).toEqual([
      "2044-02-28T23:00:00Z",
      "2072-02-28T23:00:00Z",
      "2112-02-28T23:00:00Z",
      "2140-02-28T23:00:00Z",
    ]);
  });

  it("passes over a match that the clocks skip, and finds the next one a year later", () => {
    const schedule = crontab("*/15 2 8 3 *", { timezone: "America/New_York" });
    expect(iso(schedule.next(epochMs("2026-01-01T00:00:00Z")))).toBe("2027-03-08T07:00:00Z");
  });

  it("is never due if the clocks skip every match, and finds that out quickly", () => {
    const schedule = crontab("*/15 2 8 3 sun", { timezone: "America/New_York" });
    const steps = vi.spyOn(ZoneOffsets.prototype, "segmentAt");
    expect(schedule.next(epochMs("2026-01-01T00:00:00Z"))).toBeNull();
    expect(steps.mock.calls.length).toBeLessThan(200);
    steps.mockRestore();
  });

  it.each(["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 mon", "0 0 30,31 feb *"])(
    "refuses %s at creation, because it can never be due",
    (line) => {
      expect(() => crontab(line)).toThrow(/dayOfMonth "[^"]+" with monthOfYear "[^"]+" can never be due/);
    },
  );

  it.each(["", "* * * * * * * *", "@fortnightly"])("refuses the line %j and describes the syntax of lines", (line) => {
    const hint = /write five fields, "minute hour day-of-month month day-of-week", six with seconds .* @hourly, @daily/;
    expect(() => crontab(line)).toThrow(hint);
  });

  it("refuses unknown fields and options", () => {
    expect(() => crontab({ day_of_week: 1 } as unknown as CrontabFields)).toThrow(/unknown field "day_of_week"/);
    expect(() => crontab("* * * * *", { zone: "UTC" } as never)).toThrow(/unknown field "zone"/);
  });

  it.each(["Europe/Atlantis", "", "+01:00", 5, null])("refuses the zone %j", (timezone) => {
    expect(() => crontab("* * * * *", { timezone: timezone as string })).toThrow(ConfigError);
    expect(() => crontab("* * * * *").inTimezone!(timezone as string)).toThrow(/is not a time zone: use a name/);
  });

  it("is never due after the year 9999, instead of searching for ever", () => {
    expect(crontab("0 0 29 2 mon").next(epochMs("9999-01-01T00:00:00Z"))).toBeNull();
    expect(crontab("* * * * *", { timezone: "Europe/Berlin" }).next(8.64e15)).toBeNull();
  });
});
