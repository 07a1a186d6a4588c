import type { EntryInput, EntryView } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { mergeSchedule, pickEntries } from "./planned-schedule.js";

const DAILY: EntryInput = { task: "a", schedule: "@daily" };
const STORED = { task: "a", schedule: { type: "interval", everyMs: 60_000 } };

const view = (name: string, fields: Partial<EntryView> = {}): EntryView => ({
  name,
  entry: STORED,
  schedule: "every 1m",
  source: "config",
  overridden: false,
  active: true,
  paused: false,
  revision: "1",
  nextRunAt: null,
  lastSentAt: null,
  runs: 0,
  skipped: 0,
  uncertain: 0,
  ...fields,
});

describe("the plan of what a leader would run", () => {
  it("takes an entry of the configuration from the file, even if it is stored", () => {
    const { entries } = mergeSchedule({ a: DAILY, b: DAILY }, [view("a")]);
    expect([...entries]).toEqual([
      ["a", { input: DAILY, note: "", runs: true }],
      ["b", { input: DAILY, note: "", runs: true }],
    ]);
  });

  it("takes an entry that was created or edited through a client from the store", () => {
    const stored = [
      view("made", { source: "api" }),
      view("edited", { overridden: true }),
      view("both", { source: "api" }),
    ];
    const { entries } = mergeSchedule({ edited: DAILY, both: DAILY }, stored);
    for (const name of ["made", "edited", "both"]) expect(entries.get(name)?.input, name).toEqual(STORED);
    expect(entries.get("made")?.note).toBe("stored");
    expect(entries.get("edited")?.note).toBe("stored: it was edited, the file does not count");
    expect(entries.get("both")?.note).toBe("stored: made by a client, the file does not count");
  });

  it("leaves out a stored entry that the configuration no longer has, and names it", () => {
    const plan = mergeSchedule({ a: DAILY }, [view("gone"), view("a")]);
    expect([...plan.entries.keys()]).toEqual(["a"]);
    expect(plan.removed).toEqual(["gone"]);
  });

  it("is the stored schedule if none is configured", () => {
    const plan = mergeSchedule(undefined, [view("a")]);
    expect(plan.entries.get("a")?.input).toEqual(STORED);
    expect(plan.removed).toEqual([]);
  });

  it("says which entries do not run, and why", () => {
    const configured = { paused: DAILY, disabled: { ...DAILY, enabled: false }, over: { ...DAILY, maxRuns: 3 } };
    const { entries } = mergeSchedule(configured, [view("paused", { paused: true }), view("over", { runs: 3 })]);
    expect([...entries.values()].map(({ runs, note }) => [runs, note])).toEqual([
      [false, "paused"],
      [false, "disabled"],
      [false, "over: maxRuns were sent"],
    ]);
  });

  it("counts the runs that an entry with maxRuns has already had", () => {
    const { entries } = mergeSchedule({ a: { ...DAILY, maxRuns: 3 } }, [view("a", { runs: 1 })]);
    expect(entries.get("a")?.input).toEqual({ ...DAILY, maxRuns: 2 });
  });

  it("has a first run only for an entry that has not run yet", () => {
    const first: EntryInput = { ...DAILY, firstRun: "now" };
    const { entries } = mergeSchedule({ fresh: first, known: first }, [view("known", { runs: 1 })]);
    expect(entries.get("fresh")?.input).toEqual(first);
    expect(entries.get("known")?.input).toEqual(DAILY);
  });

  it("can be narrowed to some entries, in the order in which they are named", () => {
    const plan = mergeSchedule({ a: DAILY, b: DAILY, c: DAILY }, []);
    expect([...pickEntries(plan, ["c", "a"]).keys()]).toEqual(["c", "a"]);
    expect([...pickEntries(plan, []).keys()]).toEqual(["a", "b", "c"]);
    expect(() => pickEntries(plan, ["a", "x"])).toThrow(
      'there is no entry "x", neither in the configuration nor stored',
    );
  });

  it("counts the runs of an entry before it was removed", () => {
    const once: EntryInput = { ...DAILY, firstRun: "now", maxRuns: 1, whenDone: "remove" };
    const { entries } = mergeSchedule({ once, fresh: once }, [], new Map([["once", 1]]));
    expect(entries.get("once")).toMatchObject({ runs: false, note: "over: maxRuns were sent" });
    expect(entries.get("fresh")).toMatchObject({ runs: true });
  });
});
