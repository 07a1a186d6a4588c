import { type Point, trendOf } from "../figures/statistics.js";

/** What a measured quantity may grow by in an hour. Below that, noise and warm caches cannot be told from a leak. */
export interface Limit {
  readonly unit: "MiB" | "count";
  /** In `unit`. */
  readonly perHour: number;
  /** In `unit`: what may come once and stay, such as code that is compiled late or the first run of a rare rule. Default 0. */
  readonly once?: number;
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
/** The line through a single step rises at most by this many times its height. */
const STEEPEST_STEP = 1.5;
const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;

/**
 * Judges the points measured after `warmUpMs`: flat, unless the line of least squares rises faster than the limit, beyond
 * what one step and its own uncertainty explain. Values are bytes for MiB. @throws Error for fewer than ten points.
 */
export function judgeCourse(points: readonly Point[], limit: Limit, warmUpMs: number): Course {
  const scale = limit.unit === "MiB" ? MIB : 1;
  const kept = points.filter(({ atMs }) => atMs >= warmUpMs).map(({ atMs, value }) => ({ atMs, value: value / scale }));
  if (kept.length < 10) throw new Error(`${kept.length} measurements after the warm-up are too few to judge growth`);
  const values = kept.map(({ value }) => value);
  const { perHour, errorPerHour } = trendOf(kept);
  const hours = (kept.at(-1)!.atMs - kept[0]!.atMs) / HOUR_MS;
  const limitPerHour = limit.perHour + (STEEPEST_STEP * (limit.once ?? 0)) / hours;
  return {
    unit: limit.unit,
    points: kept.length,
    first: round(values[0]!),
    last: round(values.at(-1)!),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    growthPerHour: round(perHour),
    errorPerHour: round(errorPerHour),
    limitPerHour: round(limitPerHour),
    isFlat: perHour - CERTAINTY * errorPerHour <= limitPerHour,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
