import { describe, expect, it } from "vitest";

import { START } from "../../test/world.js";
import { stableOffset } from "../base/ids.js";
import type { EntryView } from "../client/entry-view.js";
import type { Schedule } from "../contract/schedule.js";
import type { EntryInput } from "../entry/entry.js";
import { crontab } from "../schedule/index.js";
import { type PlannedSchedule, planSchedule } from "./planned-schedule.js";
import type { StoredSchedule } from "./stored-schedule.js";
import { simulate } from "./simulate.js";
import type { Configuration } from "../entry/configuration.js";

const DAILY: EntryInput = { task: "a", schedule: "@daily" };
const STORED = { task: "a", schedule: { type: "interval", everyMs: 60_000 } };

const view = (name: string, fields: Partial<EntryView> = {}): EntryView => ({
  name,
  entry: STORED,
  tags: [],
  schedule: "every 1m",
  source: "config",
  app: null,
  overridden: false,
  configured: null,
  active: true,
  paused: false,
  pause: null,
  revision: "1",
  nextRunAt: null,
  nextScheduledAt: fields.nextRunAt ?? null,
  lastSentAt: null,
  runs: 0,
  skipped: 0,
  uncertain: 0,
  requestedRuns: 0,
  givenUp: 0,
  ...fields,
});

const stored = (entries: readonly EntryView[], fields: Partial<StoredSchedule> = {}): StoredSchedule => ({
  entries,
  configVersion: null,
  removed: [],
  ...fields,
});

const plan = (
  schedule: Configuration["schedule"],
  entries: readonly EntryView[] = [],
  fields: Partial<StoredSchedule> = {},
): PlannedSchedule => planSchedule(schedule === undefined ? {} : { schedule }, stored(entries, fields), START);

describe("the plan of what a leader would run", () => {
  it("takes an entry of the configuration from there, even if it is stored", () => {
    const { entries } = plan({ a: DAILY, b: DAILY }, [view("a")]);
    expect([...entries.keys()]).toEqual(["a", "b"]);
    for (const entry of entries.values()) {
      expect(entry).toMatchObject({
        input: DAILY,
        from: "configuration",
        clientChange: null,
        state: "active",
        runs: 0,
      });
    }
  });

  it("takes an entry that was created or edited through a client from the store", () => {
    const views = [
      view("made", { source: "api" }),
      view("edited", { overridden: true }),
      view("both", { source: "api" }),
    ];
    const { entries } = plan({ edited: DAILY, both: DAILY }, views);
    expect([...entries.keys()]).toEqual(["edited", "both", "made"]);
    expect([...entries.values()].map(({ clientChange }) => clientChange)).toEqual(["edited", "created", null]);
    for (const entry of entries.values()) expect(entry).toMatchObject({ input: STORED, from: "stored" });
  });

  it("leaves out a stored entry that the configuration no longer has, and names it", () => {
    const { entries, removed } = plan({ a: DAILY }, [view("gone"), view("a"), view("edited", { overridden: true })]);
    expect([...entries.keys()]).toEqual(["a"]);
    expect(removed).toEqual(["gone", "edited"]);
  });

  it("is the stored schedule if the configuration has none", () => {
    const { entries, removed } = plan(undefined, [view("a")]);
    expect(entries.get("a")).toMatchObject({ input: STORED, from: "stored", clientChange: null });
    expect(removed).toEqual([]);
  });

  it("is the configuration if nothing is stored, from now on", () => {
    expect([...planSchedule({ schedule: { a: DAILY } }).entries.keys()]).toEqual(["a"]);
    const past = { ...DAILY, schedule: { type: "clocked", at: "2020-01-01T00:00:00Z" } };
    expect(planSchedule({ schedule: { past } }).entries.get("past")?.state).toBe("done");
  });

  it("merges no configuration that is older than the stored one", () => {
    const configuration = { schedule: { a: DAILY, b: DAILY } };
    const at = (configVersion?: number): string[] => {
      const version = configVersion === undefined ? {} : { configVersion };
      const known = stored([view("a")], { configVersion: 2 });
      return [...planSchedule({ ...configuration, ...version }, known, START).entries.keys()];
    };
    const both = ["a", "b"];
    expect([at(), at(1), at(2), at(3)]).toEqual([["a"], ["a"], both, both]);
  });

  it("has the entries of all applications; of its own, those of its newest configuration", () => {
    const entries = [view("shop/a", { app: "shop" }), view("mail/a", { app: "mail" }), view("api", { source: "api" })];
    const apps = [{ app: "shop", configVersion: 2, entries: 1 }];
    const at = (configVersion: number): string[] => {
      const configuration = { schedule: { b: DAILY }, app: "shop", configVersion };
      const planned = planSchedule(configuration, { ...stored(entries), apps }, START);
      return [...planned.entries.keys(), ...planned.removed.map((name) => `-${name}`)];
    };
    expect(at(1)).toEqual(["shop/a", "mail/a", "api"]);
    expect(at(2)).toEqual(["shop/b", "mail/a", "api", "-shop/a"]);
  });

  it("keeps the runs of an application that gets its name", () => {
    const configuration = { schedule: { a: DAILY }, app: "shop", replaceSchedule: true };
    const { entries, removed, foreign } = planSchedule(configuration, stored([view("a", { runs: 3 })]), START);
    expect(foreign).toBeNull();
    expect([[...entries.keys()], removed, entries.get("shop/a")?.runs]).toEqual([["shop/a"], ["a"], 3]);
  });

  it("merges no configuration that is foreign to the stored one, unless it replaces that", () => {
    const of = (configuration: Configuration): [string[], boolean] => {
      const { entries, removed, foreign } = planSchedule({ schedule: { b: DAILY }, ...configuration }, known, START);
      return [[...entries.keys(), ...removed.map((name) => `-${name}`)], foreign !== null];
    };
    const known = stored([view("a")]);
    expect(of({})).toEqual([["a"], true]);
    expect(of({ schedule: { a: DAILY, b: DAILY } })).toEqual([["a", "b"], false]);
    expect(of({ replaceSchedule: true })).toEqual([["b", "-a"], false]);
    expect(planSchedule({ schedule: { a: DAILY }, app: "mail" }, known, START).foreign).toMatch(
      /its configuration gives no name and has a, and this is the application "mail"/,
    );
  });

  it("says which entries do not run, and why", () => {
    const configured = { paused: DAILY, disabled: { ...DAILY, enabled: false }, done: { ...DAILY, maxRuns: 3 } };
    const { entries } = plan(configured, [view("paused", { paused: true }), view("done", { runs: 3 })]);
    expect([...entries.values()].map(({ state }) => state)).toEqual(["paused", "disabled", "done"]);
    expect(entries.get("done")).toMatchObject({ input: configured.done, runs: 3 });
  });

  it("keeps a stored entry active whose last run is overdue, because the leader still sends it", () => {
    const at = START - 60_000;
    const once = { task: "a", schedule: { type: "clocked", at: new Date(at).toISOString() } };
    const late = view("late", { source: "api", entry: once, nextRunAt: at });
    const moved = view("moved", {
      source: "api",
      entry: { ...once, jitterMs: 30_000, spreadMs: 20_000 },
      nextRunAt: at + stableOffset("moved", 30_000) + stableOffset(`moved\0${at}`, 20_000),
      nextScheduledAt: at,
    });
    const sent = view("sent", { source: "api", entry: once, runs: 1 });
    const skipped = view("skipped", { source: "api", entry: { ...once, missed: "skip" }, nextRunAt: at });
    const { entries } = plan(undefined, [late, moved, sent, skipped]);
    expect([...entries.values()].map(({ state }) => state)).toEqual(["active", "active", "done", "done"]);
  });

  it("takes a run that was not due yet when the schedule was read as sent by the moment of the plan", () => {
    const at = START - 60_000;
    const once = { task: "a", schedule: { type: "clocked", at: new Date(at).toISOString() } };
    const { entries } = plan(undefined, [view("soon", { source: "api", entry: once, nextRunAt: at })], {
      readAt: at - 1,
    });
    expect(entries.get("soon")?.state).toBe("done");
  });

  it("counts the runs that an entry with maxRuns has already had", () => {
    const { entries } = plan({ a: { ...DAILY, maxRuns: 3 } }, [view("a", { runs: 1 })]);
    expect(entries.get("a")).toMatchObject({ input: { ...DAILY, maxRuns: 2 }, runs: 1 });
  });

  it("has a first run only for an entry that has no history", () => {
    const first: EntryInput = { ...DAILY, firstRun: "now" };
    const views = [view("ran", { runs: 1 }), view("skipped", { skipped: 1 }), view("uncertain", { uncertain: 1 })];
    const { entries } = plan({ fresh: first, ran: first, skipped: first, uncertain: first }, views);
    expect(entries.get("fresh")?.input).toEqual(first);
    for (const name of ["ran", "skipped", "uncertain"]) expect(entries.get(name)?.input, name).toEqual(DAILY);
  });

  it("counts the runs of an entry before it was removed", () => {
    const once: EntryInput = { ...DAILY, firstRun: "now", maxRuns: 1, whenDone: "remove" };
    const removed = [{ name: "once", runs: 1 }, { name: "kept", runs: 1 }]; // prettier-ignore
    const { entries } = plan({ once, fresh: once, kept: { ...once, whenDone: "keep" } }, [], { removed });
    expect([...entries.keys()]).toEqual(["once", "fresh", "kept"]);
    expect([...entries.values()].map(({ state, runs }) => [state, runs])).toEqual([
      ["done", 1],
      ["active", 0],
      ["done", 1],
    ]);
    expect(entries.get("once")).toMatchObject({ input: once, from: "configuration" });
  });

  it("reads rules in the zone of the configuration, and keeps the input as it was written", () => {
    const schedule = { plain: { task: "a", schedule: "0 7 * * *" }, hashed: { task: "a", schedule: "H 7 * * *" } };
    const { entries } = planSchedule({ schedule, timezone: "Asia/Tokyo" }, undefined, START);
    expect(entries.get("plain")?.input).toEqual(schedule.plain);
    expect(entries.get("plain")?.rule.toJSON()).toEqual(crontab("0 7 * * *", { timezone: "Asia/Tokyo" }).toJSON());
    expect(entries.get("hashed")?.rule.next(START)).toBeGreaterThan(START);
  });

  it("takes a rule that is an object of a type it does not know", () => {
    const noon = START + 12 * 3_600_000;
    const once: Schedule = {
      type: "once",
      next: (after) => (after < noon ? noon : null),
      toJSON: () => ({ type: "once" }),
      toString: () => "once",
    };
    const planned = plan({ a: { task: "a", schedule: once } }).entries.get("a")!;
    expect(planned).toMatchObject({ input: { schedule: once }, state: "active" });
    expect(planned.rule.next(START)).toBe(noon);
  });

  it("names stored entries that cannot be read, unless the configuration replaces them", () => {
    const moon = { task: "a", schedule: { type: "moon" } };
    const views = [view("typed", { entry: moon, source: "api" }), view("healed", { entry: moon })];
    const broken = ["healed", "unread", "also healed"].map((name) => ({ name, message: `cannot read ${name}` }));
    const { entries, broken: errors } = plan({ healed: DAILY, "also healed": DAILY }, views, { broken });
    expect([...entries.keys()]).toEqual(["healed", "also healed"]);
    expect([...errors].map(([name, { message }]) => [name, message])).toEqual([
      ["unread", "cannot read unread"],
      ["typed", expect.stringContaining('unknown schedule type "moon"')],
    ]);
    for (const error of errors.values()) expect(error).toMatchObject({ code: "BAD_ENTRY" });
  });

  it("refuses a wrong configuration by the field", () => {
    const wrong = { schedule: { a: { ...DAILY, schedule: "0 3 * *" } } };
    expect(() => planSchedule(wrong)).toThrow(/^schedule\.a\.schedule: schedule "0 3 \* \*" cannot be read/);
    expect(() => planSchedule({ schedule: { a: { ...DAILY, maxRuns: 0 } } })).toThrow(/^schedule\.a\.maxRuns is 0/);
    expect(() => planSchedule({ schedule: {}, timezone: "Nowhere" })).toThrow(/"Nowhere" is not a time zone/);
  });

  it("is what simulate takes, with the rules read or as they are written", () => {
    const schedule = { a: { task: "a", schedule: "0 7 * * *", maxRuns: 3 }, b: { task: "b", schedule: "30m" } };
    const { entries } = planSchedule({ schedule, timezone: "Asia/Tokyo" }, stored([view("a", { runs: 1 })]), START - 1);
    const span = { from: START, to: START + 7 * 86_400_000 };
    const written = Object.fromEntries([...entries].map(([name, { input }]) => [name, input]));
    const read = Object.fromEntries(
      [...entries].map(([name, { input, rule }]) => [name, { ...input, schedule: rule }]),
    );
    const runs = simulate(read, span);
    expect(runs.filter(({ entry }) => entry === "a")).toHaveLength(2);
    expect(runs).toEqual(simulate(written, { ...span, timezone: "Asia/Tokyo" }));
  });
});
