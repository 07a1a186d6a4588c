import { type EntryInput, type PlannedEntry, type PlannedSchedule, planSchedule } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { describePlanned, pickEntries } from "./planned-schedule.js";

const DAILY: EntryInput = { task: "a", schedule: "@daily" };

describe("the entries of a plan", () => {
  const plan: PlannedSchedule = {
    ...planSchedule({ schedule: { a: DAILY, b: DAILY, c: DAILY } }),
    broken: new Map([["torn", new Error("torn cannot be read")]]),
  };

  it("can be narrowed to some, in the order in which they are named", () => {
    expect([...pickEntries(plan, ["c", "a"]).keys()]).toEqual(["c", "a"]);
    expect([...pickEntries(plan, []).keys()]).toEqual(["a", "b", "c"]);
  });

  it("do not have a name that is in neither the configuration nor the store", () => {
    expect(() => pickEntries(plan, ["a", "x"])).toThrow(
      'there is no entry "x", neither in the configuration nor stored',
    );
  });

  it("do not have one that cannot be read, which is an error only if it is named", () => {
    expect(() => pickEntries(plan, ["a", "torn"])).toThrow("torn cannot be read");
  });
});

describe("the note of a planned entry", () => {
  const planned: PlannedEntry = planSchedule({ schedule: { a: DAILY } }).entries.get("a")!;

  it.each<[string, Partial<PlannedEntry>]>([
    ["", {}],
    ["paused", { state: "paused" }],
    ["disabled", { state: "disabled" }],
    ["done: all maxRuns were sent", { state: "done", runs: 3, input: { ...DAILY, maxRuns: 3 } }],
    ["done: it will never run again", { state: "done", runs: 1, input: { ...DAILY, maxRuns: 3 } }],
    ["done: it will never run again", { state: "done", runs: 1 }],
    ["stored", { from: "stored" }],
    ["stored: created by a client, overrides the file", { from: "stored", clientChange: "created" }],
    ["stored: edited by a client, overrides the file", { from: "stored", clientChange: "edited" }],
    ["paused", { from: "stored", clientChange: "edited", state: "paused" }],
  ])("is %j for %j", (note, fields) => {
    expect(describePlanned({ ...planned, ...fields })).toBe(note);
  });
});
