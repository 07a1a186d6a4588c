import { describe, expect, it } from "vitest";

import { writtenRule } from "./written-rule.js";

const keyOf = (given: unknown): string | undefined => writtenRule(given)?.key;

describe("the key of a written rule", () => {
  it("is the same for equal rules", () => {
    expect(keyOf({ type: "interval", everyMs: 1_000 })).toBe(keyOf({ type: "interval", everyMs: 1_000 }));
    expect(keyOf("0 7 * * *")).toBe(keyOf("0 7 * * *"));
  });

  it("differs for different rules, whatever they contain", () => {
    const rules = [
      "x",
      { type: "x" },
      { type: "1" },
      { type: 1 },
      { type: "x", at: "1" },
      { type: "x", at: 1 },
      { type: 'x"at"1' },
      { "type x": "at" },
    ];
    expect(new Set(rules.map(keyOf)).size).toBe(rules.length);
  });

  it("exists for flat rules alone: all others are read in full", () => {
    const inherited: unknown = Object.create({ type: "crontab" });
    const parsed: unknown = JSON.parse('{"type":"interval","__proto__":"1"}');
    const others = [undefined, null, 5, [], { type: "x", list: [1] }, { type: "x", no: undefined }, inherited, parsed];
    expect([...others, { type: "x\0" }].map(keyOf)).toEqual(Array(others.length + 1).fill(undefined));
  });

  it("belongs to the copy, for which each field is read once", () => {
    let everyMs = 1_000;
    const written = writtenRule({ type: "interval", get everyMs() { return everyMs++; } }); // prettier-ignore
    expect(written?.rule).toEqual({ type: "interval", everyMs: 1_000 });
    expect(written?.key).toBe(keyOf({ type: "interval", everyMs: 1_000 }));
  });
});
