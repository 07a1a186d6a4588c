/** What is known in memory of one stored entry. */

import type { Cursor } from "../entry/cursor.js";
import type { EntryDefinition, RemovedDefinition, RunDefinition } from "../entry/definition.js";
import type { DueRule, Decision } from "./due.js";
import { type Entry, readEntry, type ParseRule } from "../entry/entry.js";
import type { BeatxError } from "../base/errors.js";
import { stableOffset } from "../base/ids.js";
import type { StoredEntry } from "../contract/store.js";

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
