import { decodeCursor } from "../entry/cursor.js";
import {
  CLUSTER_RECORD,
  type ClusterDefinition,
  type Definition,
  decodeDefinition,
  encodeDefinition,
  type EntryDefinition,
  type RunDefinition,
} from "../entry/definition.js";
import { type DueRule, nextInstant, settle } from "./due.js";
import { DueQueue } from "./due-queue.js";
import type { Entry, ReadSchedule } from "../entry/entry.js";
import { BeatxError } from "../base/errors.js";
import {
  type BrokenEntry,
  type DueEntry,
  isActive,
  type PlannedEntry,
  planRule,
  type RemovedEntry,
} from "./live-entry.js";
import type { StoredEntry } from "../contract/store.js";

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
  readonly #removed = new Map<string, RemovedEntry>();
  /** Stored entries that cannot be read: set aside, reported once per revision, the others go on. */
  readonly #broken = new Map<string, BrokenEntry>();
  #timesSetAside = 0;

  constructor(readSchedule: ReadSchedule) {
    this.#readSchedule = readSchedule;
  }

  get entries(): ReadonlyMap<string, PlannedEntry> {
    return this.#entries;
  }

  get cluster(): { readonly revision: string; readonly definition: ClusterDefinition } | null {
    return this.#cluster;
  }

  get removed(): ReadonlyMap<string, RemovedEntry> {
    return this.#removed;
  }

  get broken(): ReadonlyMap<string, BrokenEntry> {
    return this.#broken;
  }

  /** How often an entry was set aside: a number that moves when there is something to report. */
  get timesSetAside(): number {
    return this.#timesSetAside;
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
    try {
      if (known?.revision === stored.revision || this.#broken.get(stored.name)?.revision === stored.revision) {
        if (known && takeCursor) this.#setCursor(known, stored.cursor);
        return "none";
      }
      return this.#replace(stored, decodeDefinition(stored.name, stored.definition), takeCursor);
    } catch (cause) {
      return this.#setAside(stored, cause);
    }
  }

  #setAside(stored: StoredEntry, cause: unknown): RosterChange {
    const { name, revision } = stored;
    const change = this.forget(name);
    this.#timesSetAside += 1;
    this.#broken.set(name, { revision, stored, error: asBadEntry(name, cause) });
    return change;
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

  /** The stored cursor of a name, as far as it is known here; a removed entry keeps its own (R31). */
  cursorText(name: string): string | null {
    const known = this.#entries.get(name);
    if (known) return known.cursorText;
    return this.#removed.get(name)?.cursor ?? this.#broken.get(name)?.stored.cursor ?? null;
  }

  /** The revision of what is stored under a name, whatever it is; `null`: nothing is known there. */
  revisionOf(name: string): string | null {
    return (this.#entries.get(name) ?? this.#removed.get(name) ?? this.#broken.get(name))?.revision ?? null;
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
      const settlement = this.#orSetAside(planned, () => settle(planned.rule, planned.cursor, now));
      if (settlement === undefined) continue;
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
    if (text === null) {
      // A row that is missing is written back from memory, not started anew (R33).
      planned.cursorText = null;
      return;
    }
    planned.cursor = decodeCursor(planned.name, text);
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
      const cursor = stored.cursor ?? this.cursorText(name);
      const change = this.forget(name);
      this.#removed.set(name, { revision, definition, cursor });
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

  /** What `ask` answers; `undefined`: the schedule of this entry threw, and only this entry is set aside. */
  #orSetAside<T>(planned: PlannedEntry, ask: () => T): T | undefined {
    try {
      return ask();
    } catch (cause) {
      const { name, revision, cursorText: cursor } = planned;
      this.#setAside({ name, revision, cursor, definition: encodeDefinition(planned.definition) }, cause);
      return undefined;
    }
  }

  #enqueue(planned: PlannedEntry, notBefore = -Infinity): void {
    const next = isActive(planned) ? this.#orSetAside(planned, () => nextInstant(planned.rule, planned.cursor)) : null;
    if (next === undefined) return;
    if (next === null) this.#queue.remove(planned.slot);
    else this.#queue.set(planned.slot, Math.max(next + planned.rule.offsetMs, notBefore));
  }
}

function asBadEntry(name: string, cause: unknown): BeatxError {
  if (BeatxError.hasCode(cause, "BAD_ENTRY")) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BeatxError("BAD_ENTRY", `the stored entry ${JSON.stringify(name)} is set aside: ${why}`, { cause });
}
