/** A measured value and when it was measured. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** A straight line through points. */
export interface Trend {
  /** Change of the value in an hour. */
  readonly perHour: number;
  /** Standard error of `perHour`. */
  readonly errorPerHour: number;
}

const HOUR_MS = 3_600_000;

/** The line of least squares. Needs three points at different times. */
export function trendOf(points: readonly Point[]): Trend {
  const [meanAt, meanValue] = [mean(points.map(({ atMs }) => atMs)), mean(points.map(({ value }) => value))];
  const spread = sum(points.map(({ atMs }) => (atMs - meanAt) ** 2));
  const slope = sum(points.map(({ atMs, value }) => (atMs - meanAt) * (value - meanValue))) / spread;
  const residual = sum(points.map(({ atMs, value }) => (value - meanValue - slope * (atMs - meanAt)) ** 2));
  const error = Math.sqrt(residual / (points.length - 2) / spread);
  return { perHour: slope * HOUR_MS, errorPerHour: error * HOUR_MS };
}

/** A set of measured times, in ms. */
export interface Distribution {
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Whole numbers; a quantile is the smallest value that at least this share of the values does not exceed. */
export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.map(Math.round).sort((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return { n: sorted.length, min: quantile(0), median: quantile(0.5), p95: quantile(0.95), max: quantile(1) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
