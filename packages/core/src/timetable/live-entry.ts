/** What is known in memory of one stored entry. */

import type { BeatxError } from "../base/errors.js";
import { stableOffset } from "../base/ids.js";
import type { StoredEntry } from "../contract/store.js";
import type { Cursor } from "../entry/cursor.js";
import type { EntryDefinition, RemovedDefinition, RunDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { readEntry } from "../entry/read-entry.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { type Decision, type DueRule, nextInstant } from "./due.js";

/** An entry in memory: what is stored, read, with its place in the queue. */
export interface LiveEntry {
  readonly slot: number;
  readonly name: string;
  revision: string;
  definition: EntryDefinition | RunDefinition;
  /** The checked entry, and what decides when it is due. */
  rule: Entry & DueRule;
  cursor: Cursor | null;
  /** The text that the next move is made from (R14). */
  cursorText: string | null;
  /** New with each revision: publishers keep their templates under it. */
  templateKey: object;
  /** Sendings that failed, in a row (R26). */
  failures: number;
  /** Between `takeDue` and `putBack`: not in the queue (R19). */
  inFlight: boolean;
}

export interface DueEntry {
  readonly entry: LiveEntry;
  readonly decision: Decision;
}

/** A stored entry that cannot be read, and why. */
export interface BrokenEntry {
  readonly revision: string;
  readonly stored: StoredEntry;
  readonly error: BeatxError;
}

/** What is left of a removed entry (R31). */
export interface RemovedEntry {
  readonly revision: string;
  readonly definition: RemovedDefinition;
  readonly cursor: string | null;
}

/** Neither disabled by its definition nor paused. */
export function isActive(entry: LiveEntry): boolean {
  return entry.rule.enabled && !(entry.definition.kind === "entry" && entry.definition.paused);
}

/** Reads the entry of a definition. @throws ConfigError */
export function planRule(
  name: string,
  definition: EntryDefinition | RunDefinition,
  parseRule: ParseRule,
): Entry & DueRule {
  const entry = readEntry(definition.entry, name, `entry ${JSON.stringify(name)}`, parseRule);
  const effectiveFrom = definition.kind === "entry" ? definition.effectiveFrom : definition.requestedAt - 1;
  return Object.assign(entry, { effectiveFrom, offsetMs: stableOffset(name, entry.jitterMs) });
}

/** An entry that will never run again, and is removed then. A schedule that throws is reported where the timetable asks it. */
export function isDone({ rule, cursor }: { readonly rule: Entry & DueRule; readonly cursor: Cursor | null }): boolean {
  if (rule.whenDone !== "remove") return false;
  try {
    return nextInstant(rule, cursor) === null;
  } catch {
    return false;
  }
}

/** The cursor of an entry after its decision. */
export function cursorAfter({ entry, decision }: DueEntry, fence: number, now: number): Cursor {
  const { send, to, skipped } = decision;
  const before = entry.cursor;
  return {
    at: to,
    runs: (before?.runs ?? 0) + (send === null ? 0 : 1),
    skipped: (before?.skipped ?? 0) + skipped,
    fence,
    sentAt: send === null ? (before?.sentAt ?? null) : Math.trunc(now),
    pending: null,
    uncertain: (before?.uncertain ?? 0) + (before?.pending == null ? 0 : 1),
  };
}
