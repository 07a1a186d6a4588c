import { describe, expect, it } from "vitest";
import { seeded } from "@beatx/test-servers/seeded";
import type { Point } from "../figures/statistics.js";
import { judgeCourse } from "./flatness.js";

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const heap = { unit: "MiB", perHour: 6 } as const;

/** Sixty measurements in ten minutes: a level, noise of this width, and a leak that begins at once. */
function measured(seed: number, leakPerHour: number, noise: number): Point[] {
  const random = seeded(seed);
  return Array.from({ length: 60 }, (_, index) => {
    const atMs = (index + 1) * 10_000;
    const value = 60 + (leakPerHour * atMs) / 3_600_000 + noise * (random() - 0.5);
    return { atMs, value: value * MIB };
  });
}

describe("the judgement of growth", () => {
  it("passes noise of a level, whatever the seed", () => {
    const grown = Array.from({ length: 500 }, (_, seed) => judgeCourse(measured(seed, 0, 2), heap, 2.5 * MINUTE_MS));
    expect(grown.filter(({ isFlat }) => !isFlat)).toEqual([]);
  });

  it("finds a leak of 100 bytes a message at 50 messages a second, through noise", () => {
    const leakPerHour = (100 * 50 * 3_600) / MIB;
    const found = Array.from({ length: 500 }, (_, seed) =>
      judgeCourse(measured(seed, leakPerHour, 0.5), heap, 2.5 * MINUTE_MS),
    );
    expect(found.filter(({ isFlat }) => isFlat)).toEqual([]);
  });

  it("finds a handle that each of five terms leaves open", () => {
    const handles = Array.from({ length: 60 }, (_, index) => ({
      atMs: (index + 1) * 10_000,
      value: 33 + (index % 2) + Math.floor(index / 10),
    }));
    expect(judgeCourse(handles, { unit: "count", perHour: 12 }, 2.5 * MINUTE_MS).isFlat).toBe(false);
  });

  it("passes what comes once, whenever it comes, and not twice as much", () => {
    const stepAt = (minute: number, height: number): Point[] =>
      measured(1, 0, 0).map(({ atMs, value }) => ({
        atMs,
        value: atMs < minute * MINUTE_MS ? value : value + height * MIB,
      }));
    const judge = (minute: number, height: number): boolean =>
      judgeCourse(stepAt(minute, height), { unit: "MiB", perHour: 0, once: 1 }, 2.5 * MINUTE_MS).isFlat;
    expect([3, 4, 5, 6, 7, 8, 9].filter((minute) => !judge(minute, 1))).toEqual([]);
    expect(judge(6.25, 2)).toBe(false);
  });

  it("leaves out the warm-up, in which caches fill", () => {
    const points = measured(1, 0, 0.5).map(({ atMs, value }) => ({ atMs, value: atMs < 150_000 ? value / 2 : value }));
    expect(judgeCourse(points, heap, 2.5 * MINUTE_MS).isFlat).toBe(true);
    expect(judgeCourse(points, heap, 0).isFlat).toBe(false);
  });

  it("reports first, last, least and greatest value in the unit of the limit", () => {
    const points = Array.from({ length: 11 }, (_, index) => ({ atMs: index * MINUTE_MS, value: (10 - index) * MIB }));
    expect(judgeCourse(points, heap, 0)).toEqual({
      ...{ unit: "MiB", points: 11, first: 10, last: 0, min: 0, max: 10 },
      ...{ growthPerHour: -60, errorPerHour: 0, limitPerHour: 6, isFlat: true },
    });
  });

  it("refuses to judge too few measurements", () => {
    expect(() => judgeCourse(measured(1, 0, 1).slice(0, 9), heap, 0)).toThrow("9 measurements after the warm-up");
  });
});
