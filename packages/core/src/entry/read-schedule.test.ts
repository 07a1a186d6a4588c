import { describe, expect, it } from "vitest";

import { calendar, crontab, interval } from "../schedule/index.js";
import { unknownTypeIn } from "../schedule/parse.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { readRule, type SharedReading } from "../timetable/entry-rule.js";
import { SharedTexts } from "../base/shared-texts.js";
import type { EntryInput } from "./entry.js";
import { entryToJson, isEqualEntry, readEntry } from "./read-entry.js";

const company = calendar("company", ["2026-12-31", "08-01/08-14"]);
const parse = ruleParser("Europe/Berlin", [company]);
const read = (input: unknown, parseRule = parse): ReturnType<typeof readEntry> =>
  readEntry({ task: "t", ...(input as object) }, "a", "schedule.a", parseRule);
const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

describe("the excluded days of an entry", () => {
  it("are stored beside the rule, and read again by a node of any zone", () => {
    const input: Partial<EntryInput> = {
      schedule: "0 9 * * *",
      except: ["2026-12-24/2026-12-26", "01-01", "sun", { calendar: "company" }],
      onExcluded: "next-day",
    };
    const entry = read(input);
    const json = JSON.parse(JSON.stringify(entryToJson(entry)));
    expect(json).toEqual({
      task: "t",
      ...input,
      schedule: crontab({ minute: 0, hour: 9, timezone: "Europe/Berlin" }).toJSON(),
    });
    const elsewhere = read(json, ruleParser("Asia/Tokyo", [company]));
    expect(isEqualEntry(entry, elsewhere)).toBe(true);
    expect(iso(elsewhere.schedule.next(Date.parse("2026-12-24T00:00:00Z")))).toBe("2026-12-28T08:00:00.000Z");
    expect(String(entry.schedule)).toBe(
      "0 9 * * * (Europe/Berlin), except 2026-12-24/2026-12-26, 01-01, sun, calendar company, moved to the next day",
    );
  });

  it("of a rule without a zone have their zone stored: the given one, or that of the configuration", () => {
    const entry = read({ schedule: interval("1h"), except: ["2026-12-24"] });
    const json = entryToJson(entry);
    expect(json).toMatchObject({ except: ["2026-12-24"], exceptTimezone: "Europe/Berlin" });
    expect(iso(read(json, ruleParser("Asia/Tokyo")).schedule.next(Date.parse("2026-12-23T22:00:00Z")))).toBe(
      "2026-12-24T23:00:00.000Z",
    );
    const given = read({ schedule: "1h", except: ["2026-12-24"], exceptTimezone: "America/New_York" });
    expect(iso(given.schedule.next(Date.parse("2026-12-24T04:00:00Z")))).toBe("2026-12-25T05:00:00.000Z");
    expect(String(given.schedule)).toBe("every 1h, except 2026-12-24 (America/New_York)");
    // The zone of the rule counts, also if an edit gave it one.
    const edited = read({ ...entryToJson(given), schedule: "TZ=Asia/Tokyo 0 * * * *" });
    expect(entryToJson(edited)).not.toHaveProperty("exceptTimezone");
    expect(edited.schedule.timezone).toBe("Asia/Tokyo");
  });

  it("that are none leave the rule as it is", () => {
    for (const none of [
      {},
      { except: [] },
      { except: null },
      { except: [], onExcluded: "skip", exceptTimezone: "UTC" },
    ]) {
      const entry = read({ schedule: "1h", ...none });
      expect(entry.schedule).toBe(read({ schedule: "1h" }).schedule);
      expect(Object.keys(entryToJson(entry))).toEqual(["task", "schedule"]);
    }
  });

  it("are one object for equal rules and days, so that many entries share it and its JSON", () => {
    const except = ["2026-12-24", { calendar: "company" }];
    expect(read({ schedule: "1h", except }).schedule).toBe(
      read({ schedule: "every 60m", except: [...except] }).schedule,
    );
    expect(read({ schedule: "1h", except }).schedule).not.toBe(read({ schedule: "2h", except }).schedule);
    const shared: SharedReading = { parseRule: parse, texts: new SharedTexts() };
    const definitionOf = (): Parameters<typeof readRule>[1] => ({
      kind: "entry",
      source: "api",
      effectiveFrom: 0,
      paused: false,
      overridden: false,
      entry: JSON.parse(JSON.stringify(entryToJson(read({ schedule: { type: "anyOf", rules: ["1h"] }, except })))),
    });
    const [one, other] = [definitionOf(), definitionOf()];
    readRule("one", one, shared);
    readRule("other", other, shared);
    for (const field of ["schedule", "except"]) expect(one.entry[field], field).toBe(other.entry[field]);
  });

  it.each([
    [{ except: "2026-12-24" }, 'schedule.a.except is "2026-12-24": expected a list'],
    [{ except: ["24.12.2026"] }, 'schedule.a.except[0] is "24.12.2026": expected a day ("2026-12-24"), '],
    [{ except: ["sun", "2026-02-29"] }, 'schedule.a.except[1] is "2026-02-29": expected a day'],
    [{ except: ["02-30"] }, 'schedule.a.except[0] is "02-30"'],
    [{ except: ["2026-12-24/12-26"] }, 'schedule.a.except[0] is "2026-12-24/12-26"'],
    [{ except: ["2026-12-26/2026-12-24"] }, 'lies after its last one. Write "2026-12-24/2026-12-26"'],
    [{ except: [7] }, "schedule.a.except[0] is 7: expected a day"],
    [{ except: [{ calendar: "" }] }, "schedule.a.except[0] is an object"],
    [{ except: [{ calendar: "company", of: 1 }] }, 'unknown field "except[0].of" in an excluded calendar'],
    [{ except: [{ calendar: "company:x" }] }, 'except[0].calendar: the calendar "company" has no parts'],
    [
      { except: [{ calendar: "de-BE" }] },
      'no calendar "holidays" is known for "de-BE": install @beatx/calendar-holidays',
    ],
    [{ except: ["sun"], onExcluded: "move" }, 'schedule.a.onExcluded is "move": expected one of "skip", "next-day"'],
    [{ onExcluded: "next-day" }, "no day is excluded: name the days in except, or leave onExcluded out"],
    [{ except: ["sun"], exceptTimezone: "Berlin" }, 'schedule.a.exceptTimezone: timezone "Berlin" is not a time zone'],
    [{ except: Array.from({ length: 1_001 }, () => "sun") }, "expected a list of at most 1000 items"],
  ])("are refused: %j", (input, message) => {
    expect(() => read({ schedule: "1h", ...input })).toThrow(message);
  });

  it("name the calendar that is missing, so that its package is looked for", () => {
    for (const [written, key] of [
      ["de-BE", "calendar:holidays"],
      ["nyse:half", "calendar:nyse"],
    ] as const) {
      let error: unknown;
      try {
        read({ schedule: "1h", except: [{ calendar: written }] });
      } catch (caught) {
        error = caught;
      }
      expect(unknownTypeIn(error)).toBe(key);
    }
  });

  it.each([
    ["Company", ["12-24"], "expected lower case letters"],
    ["holidays", ["12-24"], 'not "holidays"'],
    ["company", ["yesterday"], 'days[0] is "yesterday"'],
    ["company", [{ calendar: "de" } as unknown as string], "a calendar is made of days"],
  ])("of a calendar %s of %j are refused", (name, days, message) => {
    expect(() => calendar(name, days)).toThrow(message);
  });
});
