import { describe, expect, it } from "vitest";
import { medianOf, quantileOf, spreadOf } from "./statistics.js";

describe("the statistics of rounds", () => {
  it("take the middle value, and the mean of the two middle ones", () => {
    expect([medianOf([9, 1, 5]), medianOf([8, 2, 4, 6])]).toEqual([5, 5]);
  });

  it("name the quantile that was measured", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([quantileOf(values, 0.5), quantileOf(values, 0.99), quantileOf(values, 1)]).toEqual([50, 99, 100]);
  });

  it("spread from the smallest to the largest value, with four digits", () => {
    expect(spreadOf([0.123456, 2, 1])).toEqual({ median: 1, min: 0.1235, max: 2 });
  });

  it("have no spread without a value, and no number either", () => {
    expect(spreadOf([])).toBeUndefined();
    expect([medianOf([]), quantileOf([], 0.5)]).toEqual([NaN, NaN]);
  });
});
