import { describe, expect, it } from "vitest";
import { showNumber, showSpread, textTable } from "./text-table.js";

describe("a figure as text", () => {
  it("has three digits, and separators where it is large", () => {
    expect([0.123456, 12.3456, 1234.5, 0, 0.00001234].map(showNumber)).toEqual([
      "0.123",
      "12.3",
      "1,235",
      "0",
      "1.2e-5",
    ]);
  });

  it("names the ends of several rounds if they differ", () => {
    expect(showSpread({ median: 2, min: 1, max: 3 })).toBe("2 (1–3)");
    expect([showSpread({ median: 2, min: 2, max: 2 }), showSpread(null)]).toEqual(["2", "-"]);
  });
});

describe("the table of a work", () => {
  it("has a row for each cell, and then problems and verdicts", () => {
    const spread = { median: 2, min: 2, max: 2 };
    const row = { id: "a", title: "one", kind: "beatx", rounds: 1, commands: {} } as const;
    const rows = [{ ...row, figures: [spread] }, { ...row, title: "two", figures: [null], problem: "it burnt" }]; // prettier-ignore
    const targets = [{ says: "fast", found: spread, isMet: false }];
    expect(textTable({ title: "work", columns: ["ms"], rows, targets }).split("\n")).toEqual([
      "work",
      "     ms",
      "one   2",
      "two  -",
      "  failed: two: it burnt",
      "  missed: fast (2)",
    ]);
  });
});
