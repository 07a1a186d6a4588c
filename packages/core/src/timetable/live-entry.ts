/** The records that a timetable keeps in memory. */

import type { BeatxError } from "../base/errors.js";
import { stableOffset } from "../base/ids.js";
import type { StoredEntry } from "../contract/store.js";
import type { Cursor } from "../entry/cursor.js";
import type { EntryDefinition, RemovedDefinition, RunDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { readEntry } from "../entry/read-entry.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { type Decision, type DueRule, nextInstant } from "./due.js";

/** An entry in memory: its stored definition and cursor, read, and its place in the queue. */
export interface LiveEntry {
  readonly slot: number;
  readonly name: string;
  revision: string;
  definition: EntryDefinition | RunDefinition;
  /** The checked entry, and the fields that decide when it is due. */
  rule: Entry & DueRule;
  cursor: Cursor | null;
  /** The stored text of the cursor, on which the next move is based (R14). */
  cursorText: string | null;
  /** A new object for each revision: the key under which publishers keep their templates. */
  templateKey: object;
  /** `true` between `takeDue` and `putBack`: the entry is not in the queue (R19). */
  inFlight: boolean;
}

export interface DueEntry {
  readonly entry: LiveEntry;
  readonly decision: Decision;
}

/** A broken entry: what is stored, and why it cannot be read. */
export interface BrokenEntry {
  readonly revision: string;
  readonly stored: StoredEntry;
  readonly error: BeatxError;
  /** The type of its schedule, if no known package has it; then the entry is read again once a package is found. */
  readonly missingType?: string | undefined;
}

/** A tombstone: what is left of a removed entry (R31). */
export interface RemovedEntry {
  readonly revision: string;
  readonly definition: RemovedDefinition;
  readonly cursor: string | null;
}

/** Whether the entry is neither disabled nor paused. */
export function isActive(entry: LiveEntry): boolean {
  return entry.rule.enabled && !(entry.definition.kind === "entry" && entry.definition.paused);
}

/** Reads the entry of a definition. @throws ConfigError for one that is wrong. */
export function readRule(
  name: string,
  definition: EntryDefinition | RunDefinition,
  parseRule: ParseRule,
): Entry & DueRule {
  const entry = readEntry(definition.entry, name, `entry ${JSON.stringify(name)}`, parseRule);
  const effectiveFrom = definition.kind === "entry" ? definition.effectiveFrom : definition.requestedAt - 1;
  return Object.assign(entry, { effectiveFrom, offsetMs: stableOffset(name, entry.jitterMs) });
}

/** Whether the entry is done and `whenDone` removes it. `false` if its schedule throws: the timetable reports that. */
export function shouldBeRemoved({
  rule,
  cursor,
}: {
  readonly rule: Entry & DueRule;
  readonly cursor: Cursor | null;
}): boolean {
  if (rule.whenDone !== "remove") return false;
  try {
    return nextInstant(rule, cursor) === null;
  } catch {
    return false;
  }
}

/** The cursor of an entry after its decision. `now`: cluster time, epoch ms. */
export function cursorAfter({ entry, decision }: DueEntry, fence: number, now: number): Cursor {
  const { send, to, skipped } = decision;
  const before = entry.cursor;
  return {
    at: to,
    runs: (before?.runs ?? 0) + send.length,
    skipped: (before?.skipped ?? 0) + skipped,
    fence,
    sentAt: send.length === 0 ? (before?.sentAt ?? null) : Math.trunc(now),
    pending: null,
    uncertain: (before?.uncertain ?? 0) + (before?.pending == null ? 0 : 1),
  };
}
