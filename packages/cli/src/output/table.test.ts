import { describe, expect, it } from "vitest";
import { formatFacts, formatTable } from "./table.js";

describe("a table", () => {
  it("aligns its columns and leaves no blanks at the ends of lines", () => {
    const table = formatTable(["NAME", "RUNS", "SOURCE"], [["a", "10000", "config"], ["longer name", "1", ""]]); // prettier-ignore
    expect(table).toBe("NAME         RUNS   SOURCE\na            10000  config\nlonger name  1\n");
  });

  it("counts East Asian characters as two columns and combining marks as none", () => {
    const [, wide, combined] = formatTable(["NAME", "X"], [["日報", "1"], ["e\u0301", "2"]]).split("\n"); // prettier-ignore
    expect(wide).toBe("日報  1");
    expect(combined).toBe("e\u0301     2");
  });

  it("escapes control characters in a name", () => {
    const table = formatTable(["NAME"], [["evil\u001b[2J\nline\u202e"]]);
    expect(table).toBe("NAME\nevil\\u001b[2J\\u000aline\\u202e\n");
  });

  it("has only its header when there are no rows", () => {
    expect(formatTable(["A", "B"], [])).toBe("A  B\n");
  });
});

describe("facts", () => {
  it("stand beside their labels", () => {
    expect(formatFacts([["store", "lmdb"], ["publisher", "function"]])).toBe("store      lmdb\npublisher  function\n"); // prettier-ignore
  });
});
