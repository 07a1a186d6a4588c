/** From when a new or changed entry counts, so that it owes nothing for the time before (R15): pure functions. */

import { type Cursor, decodeCursor } from "../entry/cursor.js";
import type { EntryDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { isEqualSchedule } from "../entry/read-entry.js";
import { ruleFrom } from "./entry-rule.js";
import type { LiveEntry } from "./live-entry.js";
import { type DueRule, nextInstant } from "./next-instant.js";

/**
 * A last instant that is at most this late when its entry is written still runs: requests take time, and clocks differ.
 * Then the entry would otherwise be done before it began.
 */
export const JUST_PAST_MS = 60_000;

/** When an entry starts to count. */
export interface Start {
  /** Epoch ms: no occurrence is due for an instant at or before it. */
  readonly effectiveFrom: number;
  /** It has no instant left: it is done before it has begun. */
  readonly isOver: boolean;
}

/**
 * The start of an entry whose rule is new at `now` (cluster time, epoch ms). `cursor`: what is settled under its name.
 */
export function startOf(name: string, entry: Entry, cursor: Cursor | null, now: number): Start {
  const rule = ruleFrom(name, entry, now);
  try {
    if (nextInstant(rule, cursor) !== null) return { effectiveFrom: now, isOver: false };
    const last = lastJustPast(rule, cursor, now);
    return last === null ? { effectiveFrom: now, isOver: true } : { effectiveFrom: last - 1, isOver: false };
  } catch {
    return { effectiveFrom: now, isOver: false }; // Reported as broken once it is stored.
  }
}

/** The only instant that is left, if it has just passed. */
function lastJustPast(rule: DueRule, cursor: Cursor | null, now: number): number | null {
  const since = now - JUST_PAST_MS - rule.offsetMs - 1;
  const wide = { ...rule, effectiveFrom: since, firstRun: "next" } as const;
  const first = nextInstant(wide, cursor);
  const isLast = first !== null && nextInstant({ ...wide, effectiveFrom: first }, cursor) === null;
  return isLast ? first : null;
}

/** The start of an edited entry: the same as before, unless its rule is new or it is enabled again (R15). */
export function startAfterEdit(known: LiveEntry, entry: Entry, now: number): Start {
  const isSame = isEqualSchedule(known.rule.schedule, entry.schedule) && hasSameBounds(known.rule, entry);
  if (isSame && (known.rule.enabled || !entry.enabled)) {
    return { effectiveFrom: known.rule.effectiveFrom, isOver: false };
  }
  return startOf(known.name, entry, known.cursor, now);
}

/** Whether the edit ends an entry on purpose: it only moves the bounds of one that runs. */
export function onlyMovesBounds(known: LiveEntry | undefined, entry: Entry): boolean {
  return known !== undefined && known.rule.enabled && isEqualSchedule(known.rule.schedule, entry.schedule);
}

function hasSameBounds(a: Entry, b: Entry): boolean {
  return a.startAt === b.startAt && a.endAt === b.endAt && a.maxRuns === b.maxRuns;
}

/**
 * The definition after a pause. Instants that passed during it are not sent. If none is left, they are counted as
 * skipped and reported as missed; one that has just passed still runs.
 */
export function resumed(definition: EntryDefinition, { name, rule, cursor }: LiveEntry, now: number): EntryDefinition {
  const { effectiveFrom, isOver } = startOf(name, rule, cursor, now);
  return isOver ? { ...definition, paused: false, skipUntil: now } : { ...definition, paused: false, effectiveFrom };
}

/** The cursor that counts for a new entry of this name; `null`: none, or one that cannot be read. */
export function readableCursor(name: string, text: string | null): Cursor | null {
  try {
    return text === null ? null : decodeCursor(name, text);
  } catch {
    return null;
  }
}
