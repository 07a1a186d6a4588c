import { describe, expect, it } from "vitest";

import { ConfigError } from "../base/errors.js";
import { crontab, interval } from "../schedule/index.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { checkEntryName, entryToJson, readEntry } from "./read-entry.js";

const read = (input: unknown): ReturnType<typeof readEntry> =>
  readEntry(input, "daily", "schedule.daily", ruleParser("Europe/Berlin"));
const good = { task: "reports.send", schedule: "30s" };

function refusal(input: unknown): ConfigError {
  try {
    read(input);
  } catch (error) {
    if (ConfigError.isInstance(error)) return error as ConfigError;
    throw error;
  }
  throw new Error("expected a ConfigError");
}

describe("an entry", () => {
  it("needs a task and a schedule; all other fields have defaults", () => {
    expect(read(good)).toMatchObject({
      task: "reports.send",
      args: [],
      kwargs: {},
      enabled: true,
      missed: "latest",
      maxCatchUp: 100,
      deadlineMs: null,
    });
  });

  it("survives a round trip through JSON, which omits the defaults", () => {
    const entry = read({
      ...good,
      schedule: crontab("0 7 * * mon-fri"),
      args: ["daily", 1],
      options: { queue: "mail" },
      maxRuns: 3,
      startAt: "2030-01-01T00:00:00Z",
    });
    const json = entryToJson(entry);
    expect(Object.keys(json)).toEqual(["task", "schedule", "args", "options", "startAt", "maxRuns"]);
    expect(json["schedule"]).toMatchObject({ type: "crontab", timezone: "Europe/Berlin" });
    expect(entryToJson(read(JSON.parse(JSON.stringify(json))))).toEqual(json);
  });

  it("keeps its tags in their order, and a copy of them", () => {
    const tags = ["z", "reports", "a"];
    const entry = read({ ...good, tags });
    tags.push("later");
    expect(entry.tags).toEqual(["z", "reports", "a"]);
    expect(read(JSON.parse(JSON.stringify(entryToJson(entry)))).tags).toEqual(entry.tags);
    expect(read(good).tags).toEqual([]);
    expect(entryToJson(read({ ...good, tags: [] }))).not.toHaveProperty("tags");
  });

  it.each([
    [null, "tags is null: expected an array of texts"],
    ["reports", 'tags is "reports": expected an array of texts'],
    [["a", ""], 'tags[1] is "": expected a non-empty text of at most 100 characters'],
    [["a", 5], "tags[1] is 5: expected a non-empty text of at most 100 characters"],
    [["\ud800"], /^schedule\.daily\.tags\[0\] is ".*": expected a non-empty text/],
    [["x".repeat(101)], /^schedule\.daily\.tags\[0\] is "x+\.\.\.": expected a non-empty text/],
    [["a", "b", "a"], 'tags[2] is "a", which comes twice: give each tag once'],
    [Array.from({ length: 21 }, (_, index) => `tag-${index}`), "tags has 21 tags: an entry has at most 20"],
    [new Array(1), "tags[0] is undefined: expected a non-empty text of at most 100 characters"],
  ])("is refused with the tags %j", (tags, message) => {
    const error = refusal({ ...good, tags });
    if (typeof message === "string") expect(error.message).toBe(`schedule.daily.${message}`);
    else expect(error.message).toMatch(message);
  });

  it.each(["allow", { policy: "allow" }])("says nothing of an overlap that is %j", (overlap) => {
    expect(read({ ...good, overlap }).overlap).toBe("allow");
    expect(entryToJson(read({ ...good, overlap }))).not.toHaveProperty("overlap");
  });

  it("keeps the bound of an overlap that is skipped", () => {
    const overlap = { policy: "skip", ttlMs: 60_000 };
    const json = entryToJson(read({ ...good, overlap }));
    expect(json["overlap"]).toEqual(overlap);
    expect(read(JSON.parse(JSON.stringify(json))).overlap).toEqual(overlap);
  });

  it.each([
    [
      "skip",
      "overlap",
      /overlap is "skip": expected "allow", or an object such as \{ policy: "skip", ttlMs: 3600000 \}/,
    ],
    [null, "overlap", /overlap is null: expected "allow"/],
    [{ policy: "queue", ttlMs: 5_000 }, "overlap.policy", /policy is "queue": expected "skip" or "allow"/],
    [{ policy: "allow", ttlMs: 5_000 }, "overlap.policy", /write "allow" without ttlMs/],
    [{ policy: "skip" }, "overlap.ttlMs", /ttlMs is undefined: expected a whole number from 1000 to /],
    [{ policy: "skip", ttlMs: 999 }, "overlap.ttlMs", /ttlMs is 999: expected a whole number from 1000 to /],
    [{ policy: "skip", ttlMs: 1e15 }, "overlap.ttlMs", /: the longest that one run can hold up the next/],
    [{ policy: "skip", ttl: 5_000 }, "overlap.ttl", /unknown field "schedule.daily.overlap.ttl".*known: policy, ttlMs/],
  ])("is refused with the overlap %j", (overlap, field, message) => {
    const error = refusal({ ...good, overlap });
    expect(error.field).toBe(`schedule.daily.${field}`);
    expect(error.message).toMatch(message);
  });

  it("takes its schedule as an object, as JSON or as text", () => {
    const texts = [interval("30s"), { type: "interval", everyMs: 30_000 }, "30s", "every 30s"].map((schedule) =>
      JSON.stringify(read({ ...good, schedule }).schedule),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it.each([3600, "3600", "every 3600"])("does not guess the unit of the schedule %j, but writes both", (schedule) => {
    expect(() => read({ ...good, schedule })).toThrow(
      /^schedule\.daily\.schedule.* has no unit: write "3600s" for seconds or "3600ms" for milliseconds$/,
    );
  });

  it.each([
    [null, "schedule.daily"],
    [{ schedule: "30s" }, "schedule.daily.task"],
    [{ ...good, task: "" }, "schedule.daily.task"],
    [{ ...good, schedule: undefined }, "schedule.daily.schedule"],
    [{ ...good, schedule: "61 * * * *" }, "schedule.daily.schedule"],
    [{ ...good, args: "x" }, "schedule.daily.args"],
    [{ ...good, args: ["ok", new Date()] }, "schedule.daily.args[1]"],
    [{ ...good, kwargs: { a: { b: [undefined] } } }, "schedule.daily.kwargs.a.b[0]"],
    [{ ...good, kwargs: { a: Number.NaN } }, "schedule.daily.kwargs.a"],
    [{ ...good, options: [] }, "schedule.daily.options"],
    [{ ...good, enabled: "yes" }, "schedule.daily.enabled"],
    [{ ...good, missed: "sometimes" }, "schedule.daily.missed"],
    [{ ...good, maxRuns: 0 }, "schedule.daily.maxRuns"],
    [{ ...good, jitterMs: -1 }, "schedule.daily.jitterMs"],
    [{ ...good, spreadMs: 0.5 }, "schedule.daily.spreadMs"],
    [{ ...good, startAt: "tomorrow" }, "schedule.daily.startAt"],
    [{ ...good, startAt: 2_000, endAt: 1_000 }, "schedule.daily.endAt"],
    [{ ...good, argz: [] }, "schedule.daily.argz"],
  ])("refuses to be %j and names the field", (input, field) => {
    const error = refusal(input);
    expect(error.field).toBe(field);
    expect(error.message).toContain(field);
  });

  it.each([
    ["maxCatchUp", 1, 10_000],
    ["maxRuns", 1, 99_999_999_999_999],
    ["deadlineMs", 0, 3_155_760_000_000],
    ["jitterMs", 0, 3_155_760_000_000],
    ["spreadMs", 0, 3_155_760_000_000],
    ["expiresMs", 1, 3_155_760_000_000],
  ])("takes a %s from %i to %i, and names these bounds", (field, least, most) => {
    for (const value of [least, most]) expect(read({ ...good, [field]: value })).toMatchObject({ [field]: value });
    for (const value of [least - 1, most + 1, 1.5, Number.NaN, 1e300, "1"]) {
      const { message } = refusal({ ...good, [field]: value });
      expect(message).toContain(`schedule.daily.${field}`);
      expect(message).toContain(`a whole number from ${least} to ${most}`);
    }
  });

  it.each(["", "@beatx/cluster", "x".repeat(513), "\ud800", 7])("cannot be named %j", (name) => {
    expect(() => checkEntryName(name)).toThrow(ConfigError);
  });

  it.each(["daily", "with space\nand newline", "ключ 🎉", "__proto__", "x".repeat(512)])("can be named %j", (name) => {
    expect(checkEntryName(name)).toBe(name);
  });
});
