import { describe, expect, it } from "vitest";

import { ConfigError } from "../base/errors.js";
import { clocked, crontab, interval, type Schedule } from "./index.js";
import { ruleParser } from "./rule-parser.js";

describe("ruleParser", () => {
  it("makes one object of equal rules, no matter how they are written", () => {
    const parseRule = ruleParser("Europe/Berlin");
    const read = (schedule: Parameters<typeof parseRule>[0]): Schedule => parseRule(schedule, "an entry");
    expect(read("every 30s")).toBe(read(interval("30s")));
    expect(read("0 7 * * *")).toBe(read({ type: "crontab", hour: 7, minute: 0, timezone: "Europe/Berlin" }));
    expect(read("0 7 * * *")).not.toBe(read({ type: "crontab", hour: 7, minute: 0, timezone: "UTC" }));
  });

  it.each([
    ["H 3 * * *", "H 3 * * *"],
    ["0 h/6,H(0-5) * * *", "0 h/6,H(0-5) * * *"],
    [{ type: "crontab", expression: "H 3 * * *", timezone: "Asia/Tokyo" }, "H 3 * * *"],
  ])("chooses the times of the H in %j by the entry's name", (written, expression) => {
    const parseRule = ruleParser("Asia/Tokyo");
    const schedule = parseRule(written, "report");
    expect(schedule).toBe(parseRule(crontab(expression, { hash: "report" }), "whatever"));
    expect(schedule).not.toBe(parseRule(written, "another"));
    expect(parseRule(schedule.toJSON(), "another")).toBe(schedule);
  });

  it("parses a rule once, however many entries write it", () => {
    let parsed = 0;
    const minutely = { type: "minutely", parse: () => (parsed++, interval("1m")) };
    const parseRule = ruleParser("UTC", [minutely]);
    const schedules = Array.from({ length: 1_000 }, (_, index) => parseRule({ type: "minutely" }, `entry ${index}`));
    expect([new Set(schedules).size, parsed]).toEqual([1, 1]);
  });

  it("gives a rule's JSON as one object that nobody can change", () => {
    const rule = ruleParser("UTC")("0 7 * * *", "an entry");
    expect(rule.toJSON()).toBe(rule.toJSON());
    expect(rule.toJSON()).toEqual(crontab("0 7 * * *", { timezone: "UTC" }).toJSON());
    expect(Object.isFrozen(rule.toJSON())).toBe(true);
  });

  it("prefers a rule's own hash to the entry's name, and does not read THU as H", () => {
    const parseRule = ruleParser("UTC");
    const json = { type: "crontab", expression: "H 3 * * *", hash: "mine" };
    expect(parseRule(json, "report").toJSON()).toMatchObject({ hash: "mine" });
    expect(parseRule("0 3 * * thu,fri", "report")).toBe(parseRule("0 3 * * thu,fri", "another"));
  });

  it.each(["every 99ms", interval("5ms"), { type: "interval", everyMs: 1 }])(
    "refuses %j, which no leader can keep",
    (fast) => {
      expect(() => ruleParser("UTC")(fast, "an entry")).toThrow(ConfigError);
      expect(() => ruleParser("UTC")(fast, "an entry")).toThrow(
        /every \d+ms is too frequent: .*100 ms.*"5s" is five seconds/,
      );
    },
  );

  it.each(["100ms", interval("1ms", { relative: true }), clocked(0), clocked(-5)])("takes %j", (schedule) => {
    const rule = ruleParser("UTC")(schedule, "an entry");
    expect(rule.next(-10)).not.toBeNull();
  });

  it("checks a schedule of another package once", () => {
    const asked: number[] = [];
    const frantic: Schedule = {
      type: "frantic",
      next(after) {
        asked.push(after);
        return after + 10;
      },
      toJSON: () => ({ type: "frantic" }),
      toString: () => "frantic",
    };
    expect(() => ruleParser("UTC")(frantic, "an entry")).toThrow(/frantic is too frequent/);
    expect(asked).toEqual([0, 10]);
  });
});
