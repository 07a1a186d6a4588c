/** The records that a timetable keeps in memory. */

import { describe, quoteName, shorten } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import type { StoredEntry } from "../contract/store.js";
import { type Cursor, decodeCursor, isIgnored, readCursor } from "../entry/cursor.js";
import type { Definition, EntryDefinition, RemovedDefinition, RunDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { endOfPause, isPaused } from "../entry/pause.js";
import type { UncountedRun } from "../entry/run-record.js";
import { unknownTypeIn } from "../schedule/parse.js";
import { backfillDueAt, backfillOf, decideBackfill } from "./backfill.js";
import { type DecideOptions, decideInSteps, type Decision } from "./due.js";
import { dueAt, type DueRule, nextInstant } from "./next-instant.js";

/** An entry in memory: its stored definition and cursor, read, and its place in the queue. */
export interface LiveEntry {
  readonly slot: number;
  readonly name: string;
  revision: string;
  definition: EntryDefinition | RunDefinition;
  /**
   * The checked entry, and the fields that decide when it is due. A new object for each revision, so it is also the key under
   * which publishers keep their templates.
   */
  rule: Entry & DueRule;
  cursor: Cursor | null;
  /** The stored text of the cursor, on which the next move is based (R14). */
  cursorText: string | null;
  /**
   * At-most-once only: the decision of a claim that is in the store although nothing was sent. `cursor` is the one before
   * it, `cursorText` the claim's (R25).
   */
  unsentClaim: Decision | null;
  /**
   * Requested runs of the entry that were sent, but are not yet counted in `cursor`. Its next move of the same term counts
   * them: in a later one it is no longer known which moves were made (R28).
   */
  uncounted: readonly UncountedRun[];
  /** What the ids of its occurrences share; `undefined` before its first message (R13). */
  idSuffix: string | undefined;
  /** The fence of the term in which the stored cursor was last read before a message; 0: none (R24). */
  readIn: number;
  /** `true` between `takeDue` and `putBack`: the entry is not in the queue (R19). */
  inFlight: boolean;
}

export interface DueEntry {
  readonly entry: LiveEntry;
  readonly decision: Decision;
}

/** An entry that was not known before, with its place in the queue. `read.cursor`: what its text says. */
export function newEntry(
  slot: number,
  stored: StoredEntry,
  read: Pick<LiveEntry, "definition" | "rule" | "cursor">,
): LiveEntry & ReadableCursor {
  return new EntryInMemory(slot, stored, read);
}

/** A cursor that can be read again from its text, which is kept anyway. */
export interface ReadableCursor {
  /** Call it when the cursor is not needed for a while: until then, only its text takes memory. */
  leaveCursorToText(): void;
}

/** One list for all entries. */
const NO_RUNS: readonly UncountedRun[] = [];

class EntryInMemory implements LiveEntry, ReadableCursor {
  readonly slot: number;
  readonly name: string;
  revision: string;
  definition: EntryDefinition | RunDefinition;
  rule: Entry & DueRule;
  unsentClaim: Decision | null = null;
  uncounted: readonly UncountedRun[] = NO_RUNS;
  idSuffix: string | undefined = undefined;
  readIn = 0;
  inFlight = false;
  /** `undefined`: what the text says. */
  #cursor: Cursor | null | undefined;
  #cursorText: string | null;

  constructor(slot: number, stored: StoredEntry, read: Pick<LiveEntry, "definition" | "rule" | "cursor">) {
    this.slot = slot;
    this.name = stored.name;
    this.revision = stored.revision;
    this.definition = read.definition;
    this.rule = read.rule;
    this.#cursor = read.cursor;
    this.#cursorText = stored.cursor;
  }

  get cursor(): Cursor | null {
    if (this.#cursor === undefined) this.#cursor = decodeCursor(this.name, this.#cursorText!);
    return this.#cursor;
  }

  set cursor(cursor: Cursor | null) {
    this.#cursor = cursor;
  }

  get cursorText(): string | null {
    return this.#cursorText;
  }

  /** The cursor stays as it is. */
  set cursorText(text: string | null) {
    this.#cursor = this.cursor;
    this.#cursorText = text;
  }

  leaveCursorToText(): void {
    if (this.#cursor !== null) this.#cursor = undefined;
  }
}

/** The options of a timetable's `takeDue`. */
export interface TakeOptions extends Pick<DecideOptions, "isOver"> {
  readonly several?: boolean;
}

export interface TakenEntries {
  readonly due: readonly DueEntry[];
  /** Number of entries whose decision takes more steps. */
  readonly undecided: number;
}

/** A broken entry: what is stored, and why it cannot be read. */
export interface BrokenEntry {
  readonly revision: string;
  readonly stored: StoredEntry;
  /** `null`: it is the definition that cannot be read. */
  readonly definition: Definition | null;
  readonly error: BeatxError;
  /** The type of its schedule, if no known package has it; then the entry is read again once a package is found. */
  readonly missingType?: string | undefined;
}

export function brokenEntry(stored: StoredEntry, definition: Definition | null, cause: unknown): BrokenEntry {
  const error = asBadEntry(stored.name, cause);
  return { revision: stored.revision, stored, definition, error, missingType: unknownTypeIn(cause) };
}

/** Whether the broken entry is what is stored now. `withCursor`: its cursor counts too. */
export function isSame(broken: BrokenEntry | undefined, stored: StoredEntry, withCursor: boolean): boolean {
  return broken?.revision === stored.revision && (!withCursor || broken.stored.cursor === stored.cursor);
}

/** The error of a broken entry: `cause` itself if it already says what is wrong with the entry. */
function asBadEntry(name: string, cause: unknown): BeatxError {
  if (BeatxError.hasCode(cause, "BAD_ENTRY")) return cause;
  const why = cause instanceof Error ? cause.message : describe(cause);
  const shown = quoteName(name);
  const wayOut = `To replace it: client.put(${shown}, …); to remove it: client.remove(${shown}), or beatx remove`;
  return new BeatxError("BAD_ENTRY", `the stored entry ${shown} is broken: ${shorten(why, 500)}. ${wayOut}`, { cause });
}

/** A tombstone: what is left of a removed entry (R31). */
export interface RemovedEntry {
  readonly revision: string;
  readonly definition: RemovedDefinition;
  readonly cursor: string | null;
}

/**
 * When the entry is due, epoch ms; `null`: never. One whose cursor holds an open claim is due at once, even if it is
 * disabled or done, so that the claim is settled (R25).
 */
export function dueAtOf(entry: LiveEntry): number | null {
  if (entry.cursor?.pending != null) return entry.cursor.at;
  const next = isActive(entry) ? nextInstant(entry.rule, entry.cursor) : null;
  if (next === null) return null;
  const backfill = backfillOf(entry);
  return backfill ? backfillDueAt(backfill, entry.cursor) : dueAt(entry.rule, next);
}

/** The entry's decision, as of `decideInSteps`. An open claim is settled before anything is sent. */
export function decideFor(entry: LiveEntry, now: number, options: DecideOptions): Decision | null | "unfinished" {
  const { rule, cursor } = entry;
  if (cursor?.pending != null) return { send: [], to: cursor.at, skipped: 0, atLeast: false };
  if (backfillOf(entry)) return decideBackfill(entry);
  // Each of several would hold up the next (R52).
  return decideInSteps(rule, cursor, now, rule.overlap === "allow" ? options : { ...options, most: 1 });
}

/**
 * A new definition of the entry may reset its cursor. It may also name no reset any more, because the store went back to an
 * older state: then the cursor counts again. `before`: the definition until now. @throws BeatxError `BAD_ENTRY`
 */
export function followReset(entry: LiveEntry, before: LiveEntry["definition"]): void {
  const { name, cursorText, definition } = entry;
  if (isIgnored(cursorText, definition)) Object.assign(entry, { cursor: null, unsentClaim: null });
  else if (isIgnored(cursorText, before)) entry.cursor = readCursor(name, cursorText, definition);
}

/** Whether memory has a cursor and the store has none. */
export function lacksStoredCursor({ cursor, cursorText }: LiveEntry): boolean {
  return cursor !== null && cursorText === null;
}

/** The name that people know: a requested run goes by that of its entry. */
export function entryNameOf({ name, definition }: Pick<LiveEntry, "name" | "definition">): string {
  return definition.kind === "run" ? definition.of : name;
}

/** Whether the entry is neither disabled nor paused without an end. */
export function isActive({ rule, definition }: LiveEntry): boolean {
  if (!rule.enabled) return false;
  return definition.kind !== "entry" || !definition.paused || endOfPause(definition) !== undefined;
}

/**
 * Whether the entry is done and `whenDone` removes it at `now` (cluster time, epoch ms): not while it is paused. `false` if its
 * schedule throws: the timetable reports that.
 */
export function shouldBeRemoved(entry: Pick<LiveEntry, "definition" | "rule" | "cursor">, now: number): boolean {
  const { definition } = entry;
  if (entry.rule.whenDone !== "remove" || (definition.kind === "entry" && isPaused(definition, now))) return false;
  try {
    return nextInstant(entry.rule, entry.cursor) === null;
  } catch {
    return false;
  }
}
