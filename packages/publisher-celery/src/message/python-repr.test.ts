import { readFileSync } from "node:fs";
import type { JsonValue } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { pythonRepr } from "./python-repr.js";

interface Case {
  readonly value: JsonValue;
  readonly repr: string;
  readonly max_length?: number;
}

const file = new URL("../../vectors/saferepr.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Case[];

describe("pythonRepr", () => {
  it("is not tested against an empty file", () => expect(cases.length).toBeGreaterThan(200));

  it("writes what Celery's saferepr writes, for every recorded value and limit", () => {
    for (const { value, repr, max_length: maxLength } of cases) {
      expect(pythonRepr(value, maxLength), JSON.stringify(value).slice(0, 200)).toBe(repr);
    }
  });

  it("shows numbers as Python reads them from our JSON", () => {
    expect(pythonRepr([-0, 2.0, 0.00001, -1.5e-7, 1e21])).toBe("[0, 2, 1e-05, -1.5e-07, 1e+21]");
  });
});
