import { seeded } from "@beatx/test-servers/seeded";
import { describe, expect, it } from "vitest";

import type { Schedule, ScheduleType } from "../contract/schedule.js";
import { allOf, anyOf } from "./any-of.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import { interval } from "./interval.js";
import { parseSchedule, unknownTypeIn } from "./parse.js";
import { ruleParser } from "./rule-parser.js";

const HOUR = 3_600_000;
const seed = Number(process.env["BEATX_TEST_SEED"] ?? 20_260_101);
/** A week around a change of the clocks in each zone. */
const CHANGES = [
  ["Europe/Berlin", "2027-03-26", "2027-10-29"],
  ["America/New_York", "2027-03-12", "2027-11-05"],
  ["Australia/Lord_Howe", "2027-10-01", "2027-04-02"],
  ["Pacific/Apia", "2011-12-28", "2011-09-22"],
] as const;

/** All instants after `from`, up to `until`. Rules that do not meet again have none. */
function list(rule: Schedule, from: number, until: number): number[] {
  const found: number[] = [];
  for (let at = nextOf(rule, from); at !== null && at <= until; at = nextOf(rule, at)) found.push(at);
  return found;
}

function nextOf(rule: Schedule, after: number): number | null {
  try {
    return rule.next(after);
  } catch (error) {
    if (/no instant in common/.test(String(error))) return null;
    throw error;
  }
}

describe("rules of rules", () => {
  it("are due when any, or when all of the rules are, over changes of the clocks", () => {
    const random = seeded(seed);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    const rule = (zone: string): Schedule =>
      pick<() => Schedule>([
        () => crontab(`*/${pick([7, 10, 15])} * * * *`, { timezone: zone }),
        () => crontab(`${pick([0, 15, 30])} ${pick(["0-3", "2", "*/2", "1,2"])} * * *`, { timezone: zone }),
        () => interval(pick(["5m", "25m", "90m"])),
        () => crontab(`0,30 * * * ${pick(["mon-fri", "sat,sun", "wed"])}`, { timezone: "UTC" }),
      ])();
    for (let round = 0; round < 60; round += 1) {
      const [zone, ...days] = pick(CHANGES);
      const from = Date.parse(pick(days)) - HOUR;
      const until = from + 120 * HOUR;
      const parts = [rule(zone), rule(zone), rule(zone)].slice(0, 2 + Math.floor(random() * 2));
      const lists = parts.map((part) => list(part, from, until));
      const all = [...new Set(lists.flat())].sort((a, b) => a - b);
      const note = `seed ${seed}, round ${round}: ${parts.map(String).join(" | ")}`;
      expect(list(anyOf(...parts), from, until), note).toEqual(all);
      const common = all.filter((at) => lists.every((each) => each.includes(at)));
      expect(list(allOf(...parts), from, until), note).toEqual(common);
      // Constant between two instants (R12).
      const at = from + Math.floor(random() * (until - from));
      expect(anyOf(...parts).next(at), note).toBe(all.find((each) => each > at) ?? anyOf(...parts).next(until));
    }
  });

  it("end with the last of the rules, or with the first", () => {
    const once = clocked("2030-01-31T09:00:00Z");
    const twice = anyOf(once, clocked("2030-02-01T09:00:00Z"));
    expect(list(twice, 0, Infinity).map((at) => new Date(at).toISOString())).toEqual([
      "2030-01-31T09:00:00.000Z",
      "2030-02-01T09:00:00.000Z",
    ]);
    expect(list(allOf(once, "0 9 * * *"), 0, Infinity)).toEqual([once.next(0)]);
    expect(allOf(once, "0 10 * * *").next(0)).toBeNull();
  });

  it("that never meet are refused, and the search ends", () => {
    const apart = { type: "allOf", rules: ["0 9 * * *", "0 10 * * *"] };
    expect(() => ruleParser("UTC")(apart, "a")).toThrow(/no instant in common between 1970-01-01T00:00:00.000Z and/);
  });

  it("take text, JSON and rules, and are stored as JSON", () => {
    const rule = anyOf("0 9 * * mon", { type: "interval", everyMs: "2h" }, allOf("@daily", "0 0 1 * *"));
    const json = rule.toJSON();
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(parseSchedule(json).toJSON()).toEqual(json);
    expect(String(rule)).toBe("0 9 * * mon or every 2h or (0 0 * * * and 0 0 1 * *)");
  });

  it("give their zone to the rules that name none", () => {
    const placed = anyOf("0 9 * * *", "TZ=Asia/Tokyo 0 9 * * *", "1h").inTimezone!("Europe/Berlin");
    expect(placed.toJSON()["rules"]).toMatchObject([
      { timezone: "Europe/Berlin" },
      { timezone: "Asia/Tokyo" },
      { everyMs: HOUR },
    ]);
    expect(placed.inTimezone!("UTC")).toBe(placed);
    const parse = ruleParser("Europe/Berlin");
    const json = { type: "anyOf", rules: ["0 9 * * *", { type: "allOf", rules: ["@daily"] }] };
    expect(parse(json, "a")).toBe(parse(anyOf("0 9 * * *", allOf("@daily")), "b"));
  });

  it("give the entry's name to each H, however deep", () => {
    const parse = ruleParser("UTC");
    const rules = ["H 3 * * *", { type: "allOf", rules: [{ type: "crontab", expression: "H H * * *" }] }];
    const json = JSON.stringify(parse({ type: "anyOf", rules }, "nightly").toJSON());
    expect(json.match(/"hash":"nightly"/g)).toHaveLength(2);
    expect(json).not.toBe(JSON.stringify(parse({ type: "anyOf", rules }, "other").toJSON()));
  });

  it("may be made of rules of other types", () => {
    const never: ScheduleType = {
      type: "never",
      parse: () => ({ type: "never", next: () => null, toJSON: () => ({ type: "never" }), toString: () => "never" }),
    };
    const json = { type: "anyOf", rules: [{ type: "never" }, { type: "allOf", rules: [{ type: "never" }] }] };
    expect(String(parseSchedule(json, [never]))).toBe("never or (never)");
    const error: unknown = catchError(() => parseSchedule(json));
    expect(unknownTypeIn(error)).toBe("never");
  });

  it.each([
    [{ type: "anyOf" }, "rules undefined cannot be read: expected one or more rules"],
    [{ type: "allOf", rules: [] }, "rules [] cannot be read"],
    [{ type: "anyOf", rules: ["1h"], of: 1 }, 'unknown field "of" in an anyOf schedule'],
    [{ type: "anyOf", rules: ["1h", { type: "crontab", minute: 61 }] }, "rules[1].minute: "],
    [{ type: "anyOf", rules: ["1h", { type: "allOf", rules: ["2h", "maybe"] }] }, "rules[1].rules[1]: "],
    [{ type: "anyOf", rules: [7] }, "rules[0]: schedule 7 cannot be read"],
    [{ type: "anyOf", rules: [{ type: "lunar" }] }, 'rules[0].type: unknown schedule type "lunar"'],
  ])("refuse %j", (json, message) => {
    expect(() => parseSchedule(json)).toThrow(message);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
