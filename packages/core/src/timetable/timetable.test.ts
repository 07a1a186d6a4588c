import { describe, expect, it, vi } from "vitest";

import { digestOf, encodeCursor, NEW_CURSOR } from "../entry/cursor.js";
import { type Definition, encodeDefinition } from "../entry/definition.js";
import type { MissedPolicy } from "../entry/entry.js";
import { crontab, interval, type Schedule, type ScheduleType } from "../schedule/index.js";
import { ruleParser } from "../schedule/rule-parser.js";
import type { LiveEntry } from "./live-entry.js";
import { Timetable } from "./timetable.js";

const HOUR_MS = 3_600_000;
const CREATED_AT = Date.parse("2030-01-01T00:00:30Z");

/** A type of schedule that counts the calls of `next`. */
function countedType(): { type: ScheduleType; computed: () => number } {
  let count = 0;
  const read = (everyMs: number): Schedule => {
    const rule = interval(`${everyMs}ms`);
    return {
      type: "counted",
      next(after) {
        count += 1;
        return rule.next(after);
      },
      toJSON: () => ({ type: "counted", everyMs }),
      toString: () => "counted",
    };
  };
  return { type: { type: "counted", parse: (json) => read(Number(json["everyMs"])) }, computed: () => count };
}

/** A timetable that has read `count` stored entries of one rule. */
function readStored(count: number, args = '[1,"x"]'): Timetable {
  const timetable = new Timetable(ruleParser("UTC"));
  for (let index = 0; index < count; index += 1) {
    const schedule = JSON.stringify(crontab("0 7 * * *", { timezone: "UTC" }));
    const entry = `{"task":"t","schedule":${schedule},"args":${args},"kwargs":{"a":1}}`;
    const rest = `"kind":"entry","source":"api","effectiveFrom":${CREATED_AT},"paused":false,"overridden":false`;
    const revision = `rev-${index} 1767225600000`.slice(-13);
    const definition = `{"format":1,${rest},"entry":${entry}}`;
    timetable.apply({ name: `entry-${index}`, revision, definition, cursor: null }, true);
  }
  return timetable;
}

describe("the memory of a timetable", () => {
  it("holds what a stored entry says once, and the JSON of a rule once for all its entries", () => {
    const [first, second] = [...readStored(2).entries.values()] as [LiveEntry, LiveEntry];
    const json = first.definition.kind === "entry" ? first.definition.entry : {};
    expect(first.rule.args).toBe(json["args"]);
    expect(first.rule.kwargs).toBe(json["kwargs"]);
    expect(json["schedule"]).toBe(first.rule.schedule.toJSON());
    expect(second.rule.schedule).toBe(first.rule.schedule);
    expect(second.rule.args).not.toBe(first.rule.args);
  });

  it("parses the stored cursor of an entry when it is added and once more when it is needed, and keeps it if the text is lost", () => {
    const timetable = readStored(1);
    const text = encodeCursor({ ...NEW_CURSOR, at: CREATED_AT, runs: 7, fence: 1 });
    const stored = { name: "ran", revision: "1", definition: encodeDefinition(definitionOf(timetable)), cursor: text };
    const parse = vi.spyOn(JSON, "parse");
    timetable.apply(stored, true);
    const entry = timetable.entries.get("ran")!;
    const parsed = (): number => parse.mock.calls.filter(([given]) => given === text).length;
    expect(parsed()).toBe(1);
    timetable.apply({ ...stored, cursor: null }, true);
    expect([entry.cursorText, entry.cursor?.runs]).toEqual([null, 7]);
    entry.cursor = { ...entry.cursor!, runs: 8 };
    expect([entry.cursor.runs, parsed()]).toEqual([8, 2]);
    parse.mockRestore();
  });

  it("refuses JSON that cannot be sent: with a number that is too large, or nested too deep", () => {
    for (const args of ["[1e999]", `${"[".repeat(200)}${"]".repeat(200)}`]) expectRefused(args);
  });
});

function definitionOf(timetable: Timetable): Definition {
  return timetable.entries.get("entry-0")!.definition;
}

function expectRefused(args: string): void {
  const timetable = readStored(1, args);
  expect(timetable.entries.size).toBe(0);
  expect(timetable.broken.get("entry-0")?.error.message).toMatch(/args.* which JSON cannot carry/);
}

interface Outcome {
  readonly sent: number;
  readonly computed: number;
}

/** Loads stored entries that have a cursor, and sends everything that is due four hours after they took effect. */
function sendAllDue(rules: number, entries: number, missed: MissedPolicy): Outcome {
  const { type, computed } = countedType();
  const timetable = new Timetable(ruleParser("UTC", [type]));
  for (let index = 0; index < entries; index += 1) {
    const rule = index % rules;
    const definition = encodeDefinition({
      kind: "entry",
      source: "api",
      effectiveFrom: CREATED_AT - index,
      paused: false,
      overridden: false,
      entry: { task: "t", schedule: { type: "counted", everyMs: HOUR_MS + rule }, missed },
    });
    const at = interval(`${HOUR_MS + rule}ms`).next(CREATED_AT)!;
    const cursor = encodeCursor({ ...NEW_CURSOR, at, runs: 1, fence: 1, sentAt: at });
    timetable.apply({ name: `entry-${index}`, revision: "1", definition, cursor }, true);
  }
  const now = CREATED_AT + 4 * HOUR_MS;
  let sent = 0;
  for (let { due } = timetable.takeDue(now, 500); due.length > 0; due = timetable.takeDue(now, 500).due) {
    for (const { entry, decision } of due) {
      sent += decision.send.length;
      entry.cursor = { ...entry.cursor!, at: decision.to };
      timetable.putBack(entry);
    }
  }
  return { sent, computed: computed() };
}

describe("the timetable", () => {
  it.each([["latest", 1] as const, ["all", 3] as const])(
    "computes a rule once for all entries that share it (missed: %s)",
    (missed, sentEach) => {
      const one = sendAllDue(20, 20, missed);
      const thousand = sendAllDue(20, 20_000, missed);
      expect(one.sent).toBe(20 * sentEach);
      expect(thousand.sent).toBe(20_000 * sentEach);
      expect(thousand.computed).toBe(one.computed);
    },
  );

  it("counts a long backlog in steps, and meanwhile gives out what needs no count", () => {
    const timetable = new Timetable(ruleParser("UTC", [countedType().type]));
    const add = (name: string, everyMs: number, effectiveFrom: number): void => {
      const entry = { task: "t", schedule: { type: "counted", everyMs }, missed: "all", maxCatchUp: 2 };
      const fields = { kind: "entry", source: "api", paused: false, overridden: false } as const;
      const definition = encodeDefinition({ ...fields, effectiveFrom, entry });
      timetable.apply({ name, revision: "1", definition, cursor: null }, true);
    };
    const now = CREATED_AT + 1_000 * HOUR_MS;
    for (let index = 0; index < 10; index += 1) add(`behind-${index}`, 1_000 + index, CREATED_AT);
    add("on time", HOUR_MS, now - HOUR_MS);
    const names: string[] = [];
    let calls = 0;
    for (let undecided = 1; undecided > 0; calls += 1) {
      const taken = timetable.takeDue(now, 500, { isOver: () => true });
      names.push(...taken.due.map(({ entry }) => entry.name));
      undecided = taken.undecided;
    }
    expect(names[0]).toBe("on time");
    expect(names).toHaveLength(11);
    expect(calls).toBeGreaterThan(1_000);
  });

  it("takes a cursor into account again whose reset the store has lost", () => {
    const timetable = new Timetable(ruleParser("UTC", [countedType().type]));
    const at = CREATED_AT + HOUR_MS;
    const cursor = encodeCursor({ ...NEW_CURSOR, at, runs: 7, fence: 1, sentAt: at });
    const apply = (revision: string, ignoredCursor?: string): void => {
      const entry = { task: "t", schedule: { type: "counted", everyMs: HOUR_MS } };
      const fields = { kind: "entry", source: "api", paused: false, overridden: false } as const;
      const definition = encodeDefinition({ ...fields, effectiveFrom: CREATED_AT, ignoredCursor, entry });
      timetable.apply({ name: "e", revision, definition, cursor }, true);
    };
    apply("1");
    apply("2", digestOf(cursor));
    expect(timetable.entries.get("e")?.cursor).toBeNull();
    apply("1");
    expect(timetable.entries.get("e")?.cursor).toMatchObject({ at, runs: 7 });
  });
});
