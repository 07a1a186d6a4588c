/** The numbers that beatx keeps, one range for all of them: whole, and short enough for every store to print exactly. */

/** Every number lies below this and above its negative: up to here Lua, which Redis runs, prints all digits. */
const BOUND = 1e14;

/** The last instant: 5138-11-16T09:46:39.999Z, in epoch ms. */
export const LAST_INSTANT: number = BOUND - 1;
/** The first instant, in the year -1199, in epoch ms. */
export const FIRST_INSTANT: number = -LAST_INSTANT;
/** The highest count, fence or version. */
export const MAX_COUNT: number = BOUND - 1;
/** The longest duration in ms: 100 years of 365.25 days. An instant of our days plus some of these is still an instant. */
export const MAX_DURATION_MS = 3_155_760_000_000;

/** Whether the value is a moment that beatx can keep: epoch ms, also before 1970. */
export function isInstant(value: unknown): value is number {
  return isWholeBetween(value, FIRST_INSTANT, LAST_INSTANT);
}

/** Whether the value is a count, a fence or a version that beatx can keep. */
export function isCount(value: unknown): value is number {
  return isWholeBetween(value, 0, MAX_COUNT);
}

export function isWholeBetween(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
