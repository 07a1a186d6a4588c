import { SharedTexts } from "../base/shared-texts.js";
import type { StoredEntry } from "../contract/store.js";
import type { AppRecord } from "../entry/app-record.js";
import type { ClusterRecord } from "../entry/cluster-record.js";
import { readCursor } from "../entry/cursor.js";
import {
  decodeDefinition,
  type Definition,
  encodeDefinition,
  type EntryDefinition,
  type RunDefinition,
} from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import type { StoredReport } from "../entry/leader-report.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { BrokenEntries } from "./broken-entries.js";
import { ConfiguredEntries } from "./configured-entries.js";
import { EntryQueue } from "./entry-queue.js";
import { type OwnDefinition, readRule, type SharedReading } from "./entry-rule.js";
import {
  type BrokenEntry,
  decideFor,
  dueAtOf,
  type DueEntry,
  followReset,
  isSame,
  type LiveEntry,
  newEntry,
  type RemovedEntry,
  type TakenEntries,
  type TakeOptions,
} from "./live-entry.js";
import type { DueRule } from "./next-instant.js";
import { OwnRecords } from "./own-records.js";
import { setCursor } from "./set-cursor.js";

/** How a definition changed the timetable. */
export type TimetableChange = "added" | "updated" | "removed" | "none";

/** All entries in memory, in the order of their next instants. It has no I/O and no clock: the caller passes the time. */
export class Timetable {
  readonly #shared: SharedReading;
  readonly #onDefinition: (name: string) => void;
  readonly #groupOf: (name: string) => number;
  readonly #queue = new EntryQueue();
  readonly #entries = new Map<string, LiveEntry>();
  readonly records: OwnRecords = new OwnRecords();
  readonly #removed = new Map<string, RemovedEntry>();
  readonly #broken = new BrokenEntries();
  /** What there is of each application. */
  readonly configured: ConfiguredEntries = new ConfiguredEntries();

  /** `onDefinition`: called with each name that is read anew, or gone. `groupOf`: as a store's; default: one group. */
  constructor(
    parseRule: ParseRule,
    onDefinition: (name: string) => void = () => undefined,
    groupOf: (name: string) => number = () => 0,
  ) {
    this.#shared = { parseRule, texts: new SharedTexts() };
    this.#onDefinition = onDefinition;
    this.#groupOf = groupOf;
  }

  get entries(): ReadonlyMap<string, LiveEntry> {
    return this.#entries;
  }

  get cluster(): ClusterRecord {
    return this.records.cluster;
  }

  get leaderReport(): StoredReport {
    return this.records.report;
  }

  get apps(): ReadonlyMap<string, AppRecord> {
    return this.records.apps;
  }

  get removed(): ReadonlyMap<string, RemovedEntry> {
    return this.#removed;
  }

  get broken(): ReadonlyMap<string, BrokenEntry> & Pick<BrokenEntries, "found"> {
    return this.#broken;
  }

  /** For reading, and for taking entries out that are applied or put back later. */
  get queue(): Pick<EntryQueue, "latestSettled" | "take" | "countDue"> {
    return this.#queue;
  }

  /** When the next entry is due, epoch ms; `Infinity`: never. */
  get nextDueAt(): number {
    return this.#queue.earliest;
  }

  /**
   * Applies a stored entry. With `takeCursor` its cursor replaces the one in memory: a new leader trusts the store.
   * Without it only a name that is new here takes its cursor, because a leader's memory is as new as the store (R28).
   * `own`: what the stored text says, if this node has just written it.
   */
  apply(stored: StoredEntry, takeCursor: boolean, own?: OwnDefinition): TimetableChange {
    if (this.records.apply(stored)) return "none";
    if (stored.definition === null) return this.drop(stored.name);
    const known = this.#entries.get(stored.name);
    let definition: Definition | null = known?.revision === stored.revision ? known.definition : null;
    try {
      if (known?.revision === stored.revision || isSame(this.#broken.get(stored.name), stored, takeCursor)) {
        if (known && takeCursor) setCursor(known, stored.cursor);
        // A new term starts without back-off (R26).
        if (known && takeCursor && !known.inFlight) this.#enqueue(known);
        return "none";
      }
      this.#onDefinition(stored.name);
      definition = own?.definition ?? decodeDefinition(stored.name, stored.definition);
      return this.#replace(stored, definition, takeCursor, own);
    } catch (cause) {
      return this.#markBroken(stored, definition, cause);
    }
  }

  #markBroken(stored: StoredEntry, definition: Definition | null, cause: unknown): TimetableChange {
    const change = this.drop(stored.name);
    this.#broken.add(stored, definition, cause);
    this.configured.add(definition);
    return change;
  }

  /** Drops everything that is known under the name. */
  drop(name: string): TimetableChange {
    const known = this.#entries.get(name);
    this.configured.remove(known?.definition ?? this.#broken.get(name)?.definition);
    this.#removed.delete(name);
    this.#broken.delete(name);
    this.records.drop(name);
    this.#onDefinition(name);
    if (!known) return "none";
    this.#entries.delete(name);
    this.#queue.drop(known);
    return "removed";
  }

  /** The stored cursor of a name; `null`: none is known. A tombstone keeps the cursor of its entry (R31). */
  cursorText(name: string): string | null {
    const known = this.#entries.get(name);
    if (known) return known.cursorText;
    return this.#removed.get(name)?.cursor ?? this.#broken.get(name)?.stored.cursor ?? null;
  }

  /** The revision of an entry, a tombstone or a broken entry; `null`: the name is unknown. */
  revisionOf(name: string): string | null {
    return (this.#entries.get(name) ?? this.#removed.get(name) ?? this.#broken.get(name))?.revision ?? null;
  }

  /** All known names, one by one: there may be a million of them. */
  *names(): Generator<string, void> {
    for (const names of [this.#entries.keys(), this.#removed.keys(), this.#broken.keys()]) yield* names;
    yield* this.records.names();
  }

  /**
   * Removes up to `limit` due entries from the queue, earliest first. Return each of them with `putBack`. With `several`
   * the entries share `limit` occurrences; otherwise each sends one. `isOver`: asked after each step of a long count;
   * `true` leaves the entries whose count is not complete in the queue, behind all others.
   */
  takeDue(now: number, limit: number, { several = false, isOver }: TakeOptions = {}): TakenEntries {
    const taken = this.#queue.take(now, limit);
    const most = several ? Math.floor(limit / taken.length) : 1;
    const due: DueEntry[] = [];
    let [undecided, steps] = [0, 0];
    // The first step is always made, so that each call gets further.
    const stops = isOver && ((): boolean => steps++ > 0 && isOver());
    for (const entry of taken) {
      const decision = this.#orMarkBroken(entry, () => decideFor(entry, now, { most, isOver: stops }));
      if (decision === "unfinished") {
        undecided += 1;
        this.#enqueue(entry, now);
      } else if (decision === null) this.#enqueue(entry);
      else if (decision) {
        entry.inFlight = true;
        due.push({ entry, decision });
      }
    }
    return { due, undecided };
  }

  /** Returns an entry to the queue, due at `notBefore` (epoch ms) at the earliest. */
  putBack(entry: LiveEntry, notBefore: number = -Infinity): void {
    entry.inFlight = false;
    if (this.#entries.get(entry.name) === entry) this.#enqueue(entry, notBefore);
  }

  /** The stored cursor of an entry was read; `null`: there is none. */
  adoptCursor(entry: LiveEntry, text: string | null): void {
    this.#orMarkBroken(entry, () => setCursor(entry, text));
  }

  #replace(stored: StoredEntry, definition: Definition, takeCursor: boolean, own?: OwnDefinition): TimetableChange {
    const { name } = stored;
    // What was written together has one revision.
    const revision = this.#shared.texts.share(stored.revision);
    if (definition.kind === "removed") {
      const cursor = stored.cursor ?? this.cursorText(name);
      const change = this.drop(name);
      this.#removed.set(name, { revision, definition, cursor });
      return change;
    }
    const rule = readRule(name, definition, this.#shared, own);
    const known = this.#entries.get(name);
    if (!known) return this.#add({ ...stored, revision }, definition, rule);
    const before = known.definition;
    Object.assign(known, { revision, definition, rule } satisfies Partial<LiveEntry>);
    this.configured.remove(before);
    this.configured.add(definition);
    if (takeCursor) setCursor(known, stored.cursor);
    followReset(known, before);
    if (!known.inFlight) this.#enqueue(known);
    return "updated";
  }

  #add(stored: StoredEntry, definition: EntryDefinition | RunDefinition, rule: Entry & DueRule): TimetableChange {
    const cursor = readCursor(stored.name, stored.cursor, definition);
    this.drop(stored.name);
    const entry = newEntry(this.#queue.newSlot(this.#groupOf(stored.name)), stored, { definition, rule, cursor });
    this.#entries.set(stored.name, entry);
    this.configured.add(definition);
    this.#enqueue(entry);
    entry.leaveCursorToText();
    return "added";
  }

  /** The result of `ask`. `undefined`: the entry's schedule threw, so the entry is broken; the others run as usual. */
  #orMarkBroken<T>(entry: LiveEntry, ask: () => T): T | undefined {
    try {
      return ask();
    } catch (cause) {
      const { name, revision, cursorText: cursor, definition } = entry;
      this.#markBroken({ name, revision, cursor, definition: encodeDefinition(definition) }, definition, cause);
      return undefined;
    }
  }

  #enqueue(entry: LiveEntry, notBefore = -Infinity): void {
    const dueAt = this.#orMarkBroken(entry, () => dueAtOf(entry));
    if (dueAt !== undefined) this.#queue.set(entry, dueAt === null ? null : Math.max(dueAt, notBefore));
  }
}
