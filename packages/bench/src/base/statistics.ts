/** What several rounds gave: the middle one and the two ends. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle of the sorted values; of an even number, the mean of the two in the middle. NaN: there are none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half]!;
  return sorted.length === 0 ? NaN : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The smallest value that at least this share (0 to 1) of the values does not exceed. NaN: there are none. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** `undefined`: there are no values. Numbers keep four digits, which is more than any of these figures has. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const [median, min, max] = [medianOf(values), Math.min(...values), Math.max(...values)].map(shorten);
  return { median: median!, min: min!, max: max! };
}

function shorten(value: number): number {
  return Number(value.toPrecision(4));
}
