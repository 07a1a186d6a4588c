/** Finds entries that wait because the clock was ahead when they last ran or were edited: pure functions (R17). */

import { quoteName } from "../base/describe.js";
import type { LiveEntry } from "./live-entry.js";
import { dueAt, nextInstant } from "./next-instant.js";

/** Clocks of machines differ by this much without harm, in ms. */
export const CLOCK_TOLERANCE_MS = 5_000;
/** Entries that are further ahead than this are reported even if their period is longer, in ms. */
const WORTH_REPORTING_MS = 60_000;

/** The entries that wait for the clock to catch up. */
export interface EntriesAhead {
  readonly names: readonly string[];
  /** When the last of them runs again, epoch ms; 0: there are none. */
  readonly until: number;
}

/**
 * The entries that are ahead of `now` (cluster time, epoch ms). Yields after each entry, so that the caller can pause.
 */
export function* findAhead(entries: Iterable<LiveEntry>, now: number): Generator<void, EntriesAhead> {
  const names: string[] = [];
  let until = 0;
  for (const entry of entries) {
    const resumesAt = aheadUntil(entry, now);
    if (resumesAt !== null) {
      names.push(entry.name);
      until = Math.max(until, resumesAt);
    }
    yield;
  }
  return { names, until };
}

/**
 * When the entry runs again, epoch ms; `null`: it is not ahead. Its newest settled instant, or the moment from which it
 * counts, lies further in the future than clocks differ, and an instant before that is lost by it.
 */
function aheadUntil({ definition, rule, cursor }: LiveEntry, now: number): number | null {
  const settled = Math.max(cursor?.at ?? -Infinity, rule.effectiveFrom);
  // Until the end of a pause it is the pause that the entry waits for.
  const from = Math.max(now, rule.pausedUntil ?? -Infinity);
  if (definition.kind !== "entry" || settled <= from + CLOCK_TOLERANCE_MS) return null;
  try {
    const next = nextInstant(rule, cursor);
    const atOnce = rule.schedule.next(Math.max(from, (rule.startAt ?? -Infinity) - 1));
    if (next === null || atOnce === null || atOnce >= next) return null;
    const period = (rule.schedule.next(settled) ?? Infinity) - settled;
    return settled - from > Math.min(period, WORTH_REPORTING_MS) ? dueAt(rule, next) : null;
  } catch {
    return null; // The timetable reports a rule that throws.
  }
}

/** One sentence: which entries wait, until when, and the way out. Empty: none waits. */
export function describeAhead({ names, until }: EntriesAhead): readonly string[] {
  const [first] = names;
  if (first === undefined) return [];
  const which =
    names.length === 1
      ? `the entry ${quoteName(first)} is ahead of the clock and waits`
      : `${names.length} entries (${quoteName(first)}, …) are ahead of the clock and wait`;
  const when = new Date(until).toISOString();
  const cause = "the clock of a node or client was wrong at the last run or edit";
  const wayOut = "To let them run from now on: beatx reset --ahead, or client.resetAhead()";
  return [`${which} until ${when}: ${cause}. ${wayOut}`];
}
