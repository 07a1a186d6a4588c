import { describe, expect, it } from "vitest";

import { formatFittedTable, widthOfTable } from "./fitted-table.js";
import { shortenMiddle, widthOf } from "./text-width.js";

const header = ["NAME", "TASK", "NEXT"];
const rows = [
  ["reports.daily.summary-of-everything", "reports.send", "in 3 h"],
  ["日次レポート・売上集計・東京", "a.b", "in 10 d 2 h"],
];

describe("a table that fits", () => {
  it.each([120, 60, 40, 30, 20, 12, 8])("has no line wider than %i columns, and all columns", (columns) => {
    const lines = formatFittedTable(header, rows, columns, [0, 1]).trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });

  it("is left as it is if there is room", () => {
    const width = widthOfTable(header, rows);
    expect(formatFittedTable(header, rows, width, [0, 1])).not.toContain("…");
    expect(formatFittedTable(header, rows, width - 1, [0, 1])).toContain("…");
    expect(Math.max(...formatFittedTable(header, rows, 500, [0]).split("\n").map(widthOf))).toBe(width);
  });

  it("shortens long names in the middle, and other columns only if they must be", () => {
    const [, first, second] = formatFittedTable(header, rows, 45, [0, 1]).split("\n");
    expect(first).toMatch(/^reports\.\S+…\S+thing +reports\.send +in 3 h$/);
    expect(second).toMatch(/^日次\S+…\S+東京 +a\.b +in 10 d 2 h$/);
  });

  it("counts the characters that stand for a control character", () => {
    const [, line] = formatFittedTable(["A", "B"], [["\u001b[31m\u001b[0m\u001b[31m", "x"]], 14, [0]).split("\n");
    expect(widthOf(line!)).toBe(14);
    expect(line).not.toContain("\u001b");
  });
});

describe("shortenMiddle", () => {
  it.each([
    ["abcdefgh", 8, "abcdefgh"],
    ["abcdefgh", 7, "abc…fgh"],
    ["abcdefgh", 6, "abc…gh"],
    ["abcdefgh", 2, "a…"],
    ["abcdefgh", 1, "…"],
    ["日本語東京", 9, "日本…東京"],
    ["日本語東京", 8, "日本…京"],
    ["e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301…e\u0301"],
  ])("writes %j in %i columns as %j", (text, width, short) => {
    expect(shortenMiddle(text, width)).toBe(short);
  });
});
