import { type Cursor, decodeCursor } from "./cursor.js";
import {
  CLUSTER_RECORD,
  type ClusterDefinition,
  type Definition,
  decodeDefinition,
  type EntryDefinition,
  type RemovedDefinition,
  type RunDefinition,
} from "./definition.js";
import { type DueRule, nextInstant, type Settlement, settle } from "./due.js";
import { DueQueue } from "./due-queue.js";
import { type Entry, readEntry, type ReadSchedule } from "./entry.js";
import { BeatxError } from "./errors.js";
import { stableOffset } from "./occurrence.js";
import type { StoredEntry } from "./store.js";

/** An entry in memory: what is stored, read, with its place in the queue. */
export interface PlannedEntry {
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
  readonly planned: PlannedEntry;
  readonly settlement: Settlement;
}

/** A stored entry that cannot be read, and why. */
export interface BrokenEntry {
  readonly revision: string;
  readonly stored: StoredEntry;
  readonly error: BeatxError;
}

/** How a definition changed the roster. */
export type RosterChange = "added" | "updated" | "removed" | "none";

/** All entries in memory, in the order of their next instants. No I/O, no clock: the caller says what time it is. */
export class Roster {
  readonly #readSchedule: ReadSchedule;
  readonly #queue = new DueQueue();
  readonly #entries = new Map<string, PlannedEntry>();
  #slots: (PlannedEntry | undefined)[] = [];
  #freeSlots: number[] = [];
  #cluster: { readonly revision: string; readonly definition: ClusterDefinition } | null = null;
  readonly #removed = new Map<string, { readonly revision: string; readonly definition: RemovedDefinition }>();
  /** Stored entries that cannot be read: set aside, reported once per revision, the others go on. */
  readonly #broken = new Map<string, BrokenEntry>();

  constructor(readSchedule: ReadSchedule) {
    this.#readSchedule = readSchedule;
  }

  get entries(): ReadonlyMap<string, PlannedEntry> {
    return this.#entries;
  }

  get cluster(): { readonly revision: string; readonly definition: ClusterDefinition } | null {
    return this.#cluster;
  }

  get removed(): ReadonlyMap<string, { readonly revision: string; readonly definition: RemovedDefinition }> {
    return this.#removed;
  }

  get broken(): ReadonlyMap<string, BrokenEntry> {
    return this.#broken;
  }

  /** When the next entry is due, epoch ms; `Infinity`: none ever. */
  get nextDueAt(): number {
    return this.#queue.earliest;
  }

  /**
   * Takes over what is stored under one name. The cursor is taken when `takeCursor` (a new leader reads the truth);
   * otherwise only for a name that is new here, because a leader's memory is as new as the store (R28).
   */
  apply(stored: StoredEntry, takeCursor: boolean): RosterChange {
    if (stored.definition === null) return this.forget(stored.name);
    const known = this.#entries.get(stored.name);
    if (known?.revision === stored.revision || this.#broken.get(stored.name)?.revision === stored.revision) {
      if (known && takeCursor) this.#setCursor(known, stored.cursor);
      return "none";
    }
    try {
      return this.#replace(stored, decodeDefinition(stored.name, stored.definition), takeCursor);
    } catch (cause) {
      const change = this.forget(stored.name);
      const { name, revision } = stored;
      this.#broken.set(name, { revision, stored, error: asBadEntry(name, cause) });
      return change;
    }
  }

  /** Drops what is known under the name. */
  forget(name: string): RosterChange {
    this.#removed.delete(name);
    this.#broken.delete(name);
    if (name === CLUSTER_RECORD) this.#cluster = null;
    const known = this.#entries.get(name);
    if (!known) return "none";
    this.#entries.delete(name);
    this.#queue.remove(known.slot);
    this.#slots[known.slot] = undefined;
    this.#freeSlots.push(known.slot);
    return "removed";
  }

  /** Every name that something is known under. */
  names(): string[] {
    const names = [...this.#entries.keys(), ...this.#removed.keys(), ...this.#broken.keys()];
    return this.#cluster ? [...names, CLUSTER_RECORD] : names;
  }

  /** Takes up to `limit` due entries out of the queue, earliest first; give each back with `putBack`. */
  takeDue(now: number, limit: number): DueEntry[] {
    const due: DueEntry[] = [];
    while (due.length < limit && this.#queue.earliest <= now) {
      const planned = this.#slots[this.#queue.pop()!]!;
      const settlement = settle(planned.rule, planned.cursor, now);
      if (settlement === null) {
        this.#enqueue(planned);
        continue;
      }
      planned.inFlight = true;
      due.push({ planned, settlement });
    }
    return due;
  }

  /** Gives an entry back to the queue, not before `notBefore`. */
  putBack(planned: PlannedEntry, notBefore: number = -Infinity): void {
    planned.inFlight = false;
    if (this.#entries.get(planned.name) === planned) this.#enqueue(planned, notBefore);
  }

  /** Sets what the store holds as the entry's cursor. @throws BeatxError `BAD_ENTRY` */
  #setCursor(planned: PlannedEntry, text: string | null): void {
    if (planned.cursorText === text) return;
    planned.cursor = text === null ? null : decodeCursor(planned.name, text);
    planned.cursorText = text;
    if (!planned.inFlight) this.#enqueue(planned);
  }

  #replace(stored: StoredEntry, definition: Definition, takeCursor: boolean): RosterChange {
    const { name, revision } = stored;
    if (definition.kind === "cluster") {
      this.#cluster = { revision, definition };
      return "none";
    }
    if (definition.kind === "removed") {
      const change = this.forget(name);
      this.#removed.set(name, { revision, definition });
      return change;
    }
    const rule = planRule(name, definition, this.#readSchedule);
    const known = this.#entries.get(name);
    if (!known) return this.#add({ ...stored, revision }, definition, rule);
    Object.assign(known, { revision, definition, rule, templateKey: {}, failures: 0 } satisfies Partial<PlannedEntry>);
    if (takeCursor) this.#setCursor(known, stored.cursor);
    if (!known.inFlight) this.#enqueue(known);
    return "updated";
  }

  #add(stored: StoredEntry, definition: EntryDefinition | RunDefinition, rule: Entry & DueRule): RosterChange {
    const cursor = stored.cursor === null ? null : decodeCursor(stored.name, stored.cursor);
    this.forget(stored.name);
    const slot = this.#freeSlots.pop() ?? this.#slots.length;
    const planned: PlannedEntry = {
      slot,
      name: stored.name,
      revision: stored.revision,
      definition,
      rule,
      cursor,
      cursorText: stored.cursor,
      templateKey: {},
      failures: 0,
      inFlight: false,
    };
    this.#slots[slot] = planned;
    this.#entries.set(stored.name, planned);
    this.#enqueue(planned);
    return "added";
  }

  #enqueue(planned: PlannedEntry, notBefore = -Infinity): void {
    const next = isActive(planned) ? nextInstant(planned.rule, planned.cursor) : null;
    if (next === null) this.#queue.remove(planned.slot);
    else this.#queue.set(planned.slot, Math.max(next + planned.rule.offsetMs, notBefore));
  }
}

/** Neither disabled by its definition nor paused. */
export function isActive(planned: PlannedEntry): boolean {
  return planned.rule.enabled && !(planned.definition.kind === "entry" && planned.definition.paused);
}

/** Reads the entry of a definition. @throws ConfigError */
function planRule(
  name: string,
  definition: EntryDefinition | RunDefinition,
  readSchedule: ReadSchedule,
): Entry & DueRule {
  const entry = readEntry(definition.entry, name, `entry ${JSON.stringify(name)}`, readSchedule);
  const effectiveFrom = definition.kind === "entry" ? definition.effectiveFrom : definition.requestedAt - 1;
  return Object.assign(entry, { effectiveFrom, offsetMs: stableOffset(name, entry.jitterMs) });
}

function asBadEntry(name: string, cause: unknown): BeatxError {
  if (BeatxError.hasCode(cause, "BAD_ENTRY")) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BeatxError("BAD_ENTRY", `the stored entry ${JSON.stringify(name)} is set aside: ${why}`, { cause });
}
