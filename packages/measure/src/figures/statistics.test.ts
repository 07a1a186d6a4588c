import { describe, expect, it } from "vitest";
import { distributionOf, trendOf } from "./statistics.js";

const HOUR_MS = 3_600_000;

describe("the trend of points", () => {
  it("is the slope of a line that they lie on, without error", () => {
    const points = [0, 1, 2, 3].map((hour) => ({ atMs: hour * HOUR_MS, value: 7 + 2.5 * hour }));
    expect(trendOf(points)).toEqual({ perHour: 2.5, errorPerHour: 0 });
  });

  it("has the error of the textbook if they scatter", () => {
    // y = 1, 3, 2, 4 over x = 0, 1, 2, 3: slope 0.8, residual 1.8, error sqrt(1.8 / 2 / 5)
    const points = [1, 3, 2, 4].map((value, hour) => ({ atMs: hour * HOUR_MS, value }));
    const { perHour, errorPerHour } = trendOf(points);
    expect(perHour).toBeCloseTo(0.8, 10);
    expect(errorPerHour).toBeCloseTo(Math.sqrt(0.18), 10);
  });
});

describe("the distribution of times", () => {
  it("names values that were measured, in whole ms", () => {
    const times = Array.from({ length: 20 }, (_, index) => 20.4 - index);
    expect(distributionOf(times)).toEqual({ n: 20, min: 1, median: 10, p95: 19, max: 20 });
  });

  it("holds for a single value, too", () => {
    expect(distributionOf([12.6])).toEqual({ n: 1, min: 13, median: 13, p95: 13, max: 13 });
  });
});
