import { type Point, trendOf } from "../figures/statistics.js";

/** What a measured quantity may grow by in an hour. Below that, noise and warm caches cannot be told from a leak. */
export interface Limit {
  readonly unit: "MiB" | "count";
  /** In `unit`. */
  readonly perHour: number;
}

/** How a quantity went after the warm-up. All values are in the unit of its limit. */
export interface Course {
  readonly unit: Limit["unit"];
  readonly points: number;
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  readonly growthPerHour: number;
  readonly errorPerHour: number;
  readonly limitPerHour: number;
  readonly isFlat: boolean;
}

/** A growth counts only if noise alone would hardly show it: this many standard errors above the limit. */
const CERTAINTY = 3;
const MIB = 1024 * 1024;

/**
 * Judges the points measured after `warmUpMs`: flat, unless the line of least squares rises faster than the limit, beyond
 * what its own uncertainty explains. Values are bytes for MiB. @throws Error for fewer than ten points.
 */
export function judgeCourse(points: readonly Point[], limit: Limit, warmUpMs: number): Course {
  const scale = limit.unit === "MiB" ? MIB : 1;
  const kept = points.filter(({ atMs }) => atMs >= warmUpMs).map(({ atMs, value }) => ({ atMs, value: value / scale }));
  if (kept.length < 10) throw new Error(`${kept.length} measurements after the warm-up are too few to judge growth`);
  const values = kept.map(({ value }) => value);
  const { perHour, errorPerHour } = trendOf(kept);
  return {
    unit: limit.unit,
    points: kept.length,
    first: round(values[0]!),
    last: round(values.at(-1)!),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    growthPerHour: round(perHour),
    errorPerHour: round(errorPerHour),
    limitPerHour: limit.perHour,
    isFlat: perHour - CERTAINTY * errorPerHour <= limit.perHour,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
