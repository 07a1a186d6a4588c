import { ConfigError } from "../base/errors.js";
import { describe } from "../base/describe.js";
import { FIRST_INSTANT, LAST_INSTANT } from "../base/number-range.js";

/**
 * The answer of a rule's `next`, for authors of schedule types. `find` gets whole ms within the range of beatx. An
 * instant that it finds beyond the range counts as never.
 * @throws ConfigError if `after` is not a number.
 */
export function nextInRange(after: number, find: (after: number) => number | null): number | null {
  const start = startOfSearch(after);
  const found = start < LAST_INSTANT ? find(start) : null;
  return found !== null && found <= LAST_INSTANT ? found : null;
}

/** Whole ms from which a search gives the same answer. @throws ConfigError if `after` is not a number. */
export function startOfSearch(after: unknown): number {
  if (typeof after !== "number" || Number.isNaN(after)) {
    throw new ConfigError(`after is ${describe(after)}: expected a number of epoch milliseconds`, { field: "after" });
  }
  return Math.floor(Math.min(Math.max(after, FIRST_INSTANT - 1), LAST_INSTANT));
}
