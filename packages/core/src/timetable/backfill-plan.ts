import { isActive, type LiveEntry } from "./live-entry.js";
import { countingOf } from "./next-instant.js";

/** What the history of an entry says about its past instants. */
export interface KnownSendings {
  /** Instants that were sent, or may have been, epoch ms. */
  readonly sent: ReadonlySet<number>;
  /** Epoch ms. Of the instants before it nothing is known. */
  readonly since: number;
}

/** The instants of a range, by what a backfill does with them. */
export interface BackfillPlan {
  /** Number of occurrences to send, and the first and the last of their instants, epoch ms; `null`: none. */
  readonly total: number;
  readonly first: number | null;
  readonly last: number | null;
  /** Instants between these two that are left out, epoch ms, ascending. */
  readonly except: readonly number[];
  /** Number of instants that are not settled yet: the entry's own schedule sends them, or skips them by its policy. */
  readonly due: number;
  /** Number of instants that were sent, or may have been. Only with `known`. */
  readonly sent: number;
  /** Number of instants of which nothing is known. Only with `known`. */
  readonly unknown: number;
}

/**
 * Which instants from `from` to `to` (epoch ms, both included) of the entry's rule a backfill sends. `known`: only those that it
 * shows as missing. Yields after each instant, so that the caller can pause; `undefined`: there are more than `most`.
 */
export function* planBackfill(
  entry: LiveEntry,
  { from, to, known, most }: { from: number; to: number; known: KnownSendings | null; most: number },
): Generator<void, BackfillPlan | undefined> {
  const { schedule, startAt, endAt } = entry.rule;
  const end = Math.min(to, endAt ?? Infinity);
  const settled = settledUntil(entry);
  const [found, except]: [number[], number[]] = [[], []];
  let [count, due, sent, unknown] = [0, 0, 0, 0];
  let instant = schedule.next(Math.max(from, startAt ?? -Infinity) - 1);
  for (; instant !== null && instant <= end; instant = schedule.next(instant)) {
    if ((count += 1) > most) return undefined;
    if (instant > settled) due += 1;
    else if (known && instant < known.since) unknown += 1;
    else if (known?.sent.has(instant)) {
      sent += 1;
      except.push(instant);
    } else found.push(instant);
    yield;
  }
  const [first = null, last = null] = [found[0], found.at(-1)];
  const between = except.filter((each) => first !== null && last !== null && each > first && each < last);
  return { total: found.length, first, last, except: between, due, sent, unknown };
}

/** Up to here the entry sends nothing any more by its own schedule, epoch ms. */
function settledUntil(entry: LiveEntry): number {
  if (!isActive(entry)) return Infinity;
  const { effectiveFrom } = countingOf(entry.rule, entry.cursor);
  return Math.max(entry.cursor?.at ?? -Infinity, effectiveFrom, (entry.rule.startAt ?? -Infinity) - 1);
}
