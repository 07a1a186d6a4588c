import { isActive, type LiveEntry } from "./live-entry.js";
import { nextInstant } from "./next-instant.js";

/**
 * About how many occurrences the entries have in a second: by the time from the next instant of each to the one after it. Yields
 * after each entry, so that the caller can pause.
 */
export function* occurrencesPerSecond(entries: Iterable<LiveEntry>): Generator<void, number> {
  let sum = 0;
  for (const entry of entries) {
    sum += paceOf(entry);
    yield;
  }
  return sum;
}

function paceOf(entry: LiveEntry): number {
  if (entry.definition.kind !== "entry" || !isActive(entry)) return 0;
  try {
    const next = nextInstant(entry.rule, entry.cursor);
    const afterIt = next === null ? null : entry.rule.schedule.next(next);
    return next === null || afterIt === null ? 0 : 1_000 / (afterIt - next);
  } catch {
    return 0; // The timetable reports a rule that throws.
  }
}
