import { describe, expect, it } from "vitest";
import { compareNames } from "./name-order.js";

const NAMES = [
  "",
  "a",
  "a\u0000",
  "ab",
  "b",
  "A",
  "~",
  "\u00e9",
  "e\u0301",
  "\uffee",
  "\ue000",
  "\u{1f680}",
  "\u{10ffff}",
  "日本",
];

describe("names", () => {
  it("are ordered by their bytes in UTF-8", () => {
    const byBytes = NAMES.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    expect(NAMES.toSorted(compareNames)).toEqual(byBytes);
  });

  it("are equal only to themselves", () => {
    for (const one of NAMES) for (const other of NAMES) expect(compareNames(one, other) === 0).toBe(one === other);
  });
});
