import { FakeClock } from "@beatx/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { lineLogger } from "./line-logger.js";

let lines: string[];

beforeEach(() => {
  lines = [];
});

function logger(json: boolean) {
  const clock = new FakeClock(Date.parse("2026-03-02T06:00:00.250Z"));
  return lineLogger({ stdout: { write: (line) => lines.push(line) }, clock, timezone: "Europe/Berlin", json });
}

describe("a line for people", () => {
  it("begins with the time in the configured zone and ends with the fields that the message does not mention", () => {
    logger(false).info({ fence: 7, store: "lmdb", leader: { label: "x" }, since: null }, "leading with fence 7");
    expect(lines).toEqual(["2026-03-02 07:00:00.250+01:00  leading with fence 7  store=lmdb\n"]);
  });

  it("marks warnings and errors, and quotes values that contain blanks", () => {
    const log = logger(false);
    log.warn({}, "careful");
    log.error({ delivery: 'at "least" once' }, "broken");
    expect(lines.map((line) => line.slice(31))).toEqual([
      "warning: careful\n",
      'error: broken  delivery="at \\"least\\" once"\n',
    ]);
  });

  it("stays one line even if a server sends line breaks", () => {
    logger(false).error({}, "first\nsecond \u001b[31mred");
    expect(lines.join("").split("\n")).toHaveLength(2);
    expect(lines.join("")).not.toContain("\u001b");
  });

  it("is not written for debug", () => {
    logger(false).debug?.({}, "detail");
    logger(true).debug?.({}, "detail");
    expect(lines).toEqual([]);
  });
});

describe("a JSON line", () => {
  it("has time, level and msg, and all fields unchanged", () => {
    logger(true).warn({ entry: "ping", count: 2, leader: null }, "missed");
    expect(JSON.parse(lines[0]!)).toEqual({
      time: "2026-03-02T06:00:00.250Z",
      level: "warn",
      msg: "missed",
      entry: "ping",
      count: 2,
      leader: null,
    });
    expect(lines[0]!.endsWith("}\n")).toBe(true);
  });
});
