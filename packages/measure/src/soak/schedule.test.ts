import { describe, expect, it } from "vitest";
import { soakEntries } from "./schedule.js";

const NOON = Date.parse("2026-11-29T12:00:00Z");
const DAY_MS = 86_400_000;

describe("the schedule of the soak", () => {
  const rules = [...soakEntries("job", 900)].map(([name, { rule, input }]) => ({ name, rule, input }));
  const isSunrise = ({ input }: (typeof rules)[number]): boolean => JSON.stringify(input.schedule).includes("solar");

  it("has every entry but the sunrises due within the warm-up, whenever it starts", () => {
    const starts = Array.from({ length: 60 }, (_, minute) => NOON + minute * 61_000);
    const late = rules
      .filter((entry) => !isSunrise(entry))
      .filter(({ rule }) => starts.some((at) => rule.next(at)! - at > 120_000));
    expect(late.map(({ name }) => name)).toEqual([]);
  });

  it("has at most three sunrises within ten minutes of each other", () => {
    const sunrises = rules.filter(isSunrise).map(({ rule }) => rule.next(NOON)!);
    expect(sunrises).toHaveLength(45);
    expect(sunrises.every((at) => at <= NOON + DAY_MS)).toBe(true);
    const near = (at: number): number => sunrises.filter((other) => Math.abs(other - at) < 600_000).length;
    expect(Math.max(...sunrises.map(near))).toBeLessThanOrEqual(3);
  });
});
