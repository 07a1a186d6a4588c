/** From when a new or changed entry counts, so that it owes nothing for the time before (R15): pure functions. */

import { type Cursor, decodeCursor } from "../entry/cursor.js";
import type { EntryDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { afterPause, isPaused } from "../entry/pause.js";
import { isEqualSchedule } from "../entry/read-entry.js";
import { ruleFrom } from "./entry-rule.js";
import type { LiveEntry } from "./live-entry.js";
import { countingOf, type Start, startFrom } from "./next-instant.js";

/**
 * The start of an entry whose rule is new at `now` (cluster time, epoch ms). `cursor`: what is settled under its name.
 */
export function startOf(name: string, entry: Entry, cursor: Cursor | null, now: number): Start {
  try {
    return startFrom(ruleFrom(name, entry, { effectiveFrom: now }), cursor, now);
  } catch {
    return { effectiveFrom: now, isOver: false }; // Reported as broken once it is stored.
  }
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
 * The definition after a pause that ends at `now`, or that has ended by itself before. Instants that passed during it are not
 * sent. If none is left, they are counted as skipped and reported as missed; one that has just passed still runs.
 */
export function resumed(definition: EntryDefinition, { name, rule, cursor }: LiveEntry, now: number): EntryDefinition {
  const active = afterPause(definition, now);
  if (!isPaused(definition, now)) {
    const { effectiveFrom, skipUntil } = countingOf(rule, cursor);
    return { ...active, effectiveFrom, skipUntil };
  }
  const { effectiveFrom, isOver } = startOf(name, rule, cursor, now);
  return isOver ? { ...active, skipUntil: now } : { ...active, effectiveFrom };
}

/** The cursor that counts for a new entry of this name; `null`: none, or one that cannot be read. */
export function readableCursor(name: string, text: string | null): Cursor | null {
  try {
    return text === null ? null : decodeCursor(name, text);
  } catch {
    return null;
  }
}
