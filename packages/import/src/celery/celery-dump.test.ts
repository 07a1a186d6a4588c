import { describe, expect, it } from "vitest";

import { NOW } from "../../test/import-context.js";
import type { ImportedSchedule } from "../base/importer.js";
import { readCeleryDump, scheduleOfDump } from "./celery-dump.js";

const DUMP = {
  beatx: "celery-beat",
  format: 1,
  celery: "5.7.0",
  source: "configuration",
  timezone: "Europe/Berlin",
  scheduler: "celery.beat:PersistentScheduler",
  state: null,
  notes: [],
};
const EVERY_MINUTE = { type: "interval", seconds: 60, relative: false };
const ENTRY = {
  name: "a",
  task: "tasks.a",
  schedule: EVERY_MINUTE,
  args: [],
  kwargs: {},
  options: {},
  notes: [],
  lastRunAt: null,
  totalRunCount: 0,
};
const ROW = { ...ENTRY, enabled: true, oneOff: false, startAt: null, endAt: null, changedAt: "2026-01-15T11:00:00Z" };

function read(entries: readonly object[], dump: object = {}, zone?: string): ImportedSchedule {
  return scheduleOfDump(readCeleryDump(JSON.stringify({ ...DUMP, ...dump, entries }), "dump.json"), zone, NOW);
}

function rowOf(row: object): ImportedSchedule["entries"][number] {
  const { entries, refused } = read([{ ...ROW, ...row }], { source: "django" });
  expect(refused).toEqual([]);
  return entries[0]!;
}

const iso = (moment: number | null): string | null => (moment === null ? null : new Date(moment).toISOString());

describe("a dump of Celery beat", () => {
  it("keeps the task, its arguments and the last run; an interval is counted from there", () => {
    const { entries, refused, notes } = read([
      { ...ENTRY, args: [1], kwargs: { to: "x" }, lastRunAt: "2026-01-15T11:59:30.123456Z" },
    ]);
    expect(entries).toEqual([
      {
        name: "a",
        entry: {
          task: "tasks.a",
          schedule: { type: "interval", everyMs: 60_000, anchor: "2026-01-15T11:59:30.123Z" },
          args: [1],
          kwargs: { to: "x" },
        },
        lastRunAt: Date.parse("2026-01-15T11:59:30.123Z"),
        notes: [],
      },
    ]);
    expect([refused, notes]).toEqual([[], []]);
  });

  it("counts an interval from now, and owes nothing, if the last run is not known", () => {
    const [entry] = read([ENTRY]).entries;
    expect(entry!.entry.schedule).toMatchObject({ anchor: new Date(NOW).toISOString() });
    expect(entry!.lastRunAt).toBeNull();
  });

  it("has crontabs in the application's zone, and reads what Celery reads in an odd field", () => {
    const fields = { hour: 4, day_of_month: "*", month_of_year: "*", values: { minute: [0], day_of_week: [1] } };
    const schedule = { type: "crontab", minute: "0", day_of_week: "mon#1", ...fields };
    const [entry] = read([{ ...ENTRY, schedule }]).entries;
    expect(entry!.entry.schedule).toEqual({
      type: "crontab",
      minute: "0",
      hour: 4,
      dayOfWeek: [1],
      timezone: "Europe/Berlin",
    });
    expect(entry!.notes).toEqual(['Celery reads day_of_week "mon#1" as 1, and so does the entry']);
  });

  it("refuses what beat or JSON cannot carry, and goes on with the others", () => {
    const zero = { ...ENTRY, name: "zero", schedule: { ...EVERY_MINUTE, seconds: 0 } };
    const { entries, refused } = read([{ name: "set", refused: "args cannot be sent" }, zero, ENTRY]);
    expect(entries.map(({ name }) => name)).toEqual(["a"]);
    expect(refused).toEqual([
      { name: "set", reason: "args cannot be sent" },
      { name: "zero", reason: expect.stringContaining("has no end") },
    ]);
  });

  it("says where the last runs come from, and which other store the application uses", () => {
    const state = { file: "celerybeat-schedule", savedAt: "2026-01-15T11:59:00Z" };
    expect(read([], { state, scheduler: "redbeat.RedBeatScheduler" }).notes).toEqual([
      "when the entries last ran comes from celerybeat-schedule, saved at 2026-01-15T11:59:00Z",
      expect.stringContaining("beatx import redbeat"),
    ]);
  });

  it("asks for the zone if the application's has no name", () => {
    expect(() => read([ENTRY], { timezone: null })).toThrow("--timezone");
    expect(read([ENTRY], { timezone: null }, "Asia/Tokyo").entries).toHaveLength(1);
  });

  it("is told from other files, with the way to get one", () => {
    expect(() => readCeleryDump("from celery import Celery", "app.py")).toThrow("it is a Python source");
    expect(() => readCeleryDump("\u0000\u000Fdb", "celerybeat-schedule")).toThrow("--state celerybeat-schedule");
    expect(() => readCeleryDump("{}", "x.json")).toThrow('no "beatx": "celery-beat"');
    expect(() => readCeleryDump('{"beatx":"celery-beat","format":2}', "x.json")).toThrow("its format is 2");
    expect(() => readCeleryDump("null", "x.json")).toThrow("--script prints the script");
  });
});

describe("a row of django-celery-beat", () => {
  it("that is disabled stays so; its end is before the moment at which Django's tasks are over", () => {
    const row = rowOf({ enabled: false, endAt: "2026-02-01T00:00:00Z", description: "why" });
    expect(row.entry).toMatchObject({ enabled: false, endAt: "2026-01-31T23:59:59.999Z", description: "why" });
  });

  it("that is new counts its interval from its last change", () => {
    expect(iso(rowOf({}).lastRunAt)).toBe("2026-01-15T11:00:00.000Z");
    expect(rowOf({}).entry.schedule).toMatchObject({ anchor: "2026-01-15T11:00:00.000Z" });
  });

  it("that is new and has a start runs first at its start", () => {
    const row = rowOf({ startAt: "2026-01-15T13:00:00Z" });
    expect(row.entry).toMatchObject({
      startAt: "2026-01-15T13:00:00.000Z",
      schedule: { anchor: "2026-01-15T12:59:00.000Z" },
    });
    expect(iso(row.lastRunAt)).toBe("2026-01-15T12:59:00.000Z");
  });

  it("that is clocked is still owed if its moment has passed and it has not run", () => {
    const schedule = { type: "clocked", at: "2026-01-15T11:30:00Z" };
    const row = rowOf({ schedule, oneOff: true });
    expect(row.entry).toMatchObject({ maxRuns: 1, schedule: { type: "clocked", at: "2026-01-15T11:30:00.000Z" } });
    expect(iso(row.lastRunAt)).toBe("2026-01-15T11:29:59.999Z");
  });

  it("that was to run once, and has run, is disabled", () => {
    const row = rowOf({ oneOff: true, totalRunCount: 1, lastRunAt: "2026-01-15T11:30:00Z" });
    expect(row.entry.enabled).toBe(false);
    expect(row.notes).toEqual(["it was to run once, and has run: it is disabled"]);
  });

  it("has crontabs in their own zone", () => {
    const stars = { minute: "0", hour: "*", day_of_month: "*", month_of_year: "*", day_of_week: "*" };
    const row = rowOf({ schedule: { type: "crontab", ...stars, timezone: "Asia/Tokyo" } });
    expect(row.entry.schedule).toEqual({ type: "crontab", minute: "0", timezone: "Asia/Tokyo" });
  });
});
