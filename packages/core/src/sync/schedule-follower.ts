import type { Clock } from "../base/clock.js";
import { inSlices, Slices } from "../base/slices.js";
import type { ScheduleReading, StoredEntry } from "../contract/store.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import { CLUSTER_RECORD } from "../entry/definition.js";
import { RESERVED_PREFIX } from "../entry/entry.js";
import { HOLD_RECORD } from "../entry/hold-record.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { OlderCursors } from "../timetable/older-cursors.js";
import type { Timetable, TimetableChange } from "../timetable/timetable.js";
import { readNewTypes } from "./read-new-types.js";

/** The names that one reading added, updated or removed. beatx's own records are left out. */
export interface FollowedChanges {
  readonly added: string[];
  readonly updated: string[];
  readonly removed: string[];
  /** Everything was read, not only what had changed. */
  readonly isComplete: boolean;
  /** The store has lost the data that this node knew; memory keeps it (R33). */
  readonly isLost: boolean;
  /** Names in memory that a complete reading did not have. */
  readonly missing: ReadonlySet<string>;
}

export interface FollowerOptions {
  /** As of `loadAll`, for the other readings. */
  readonly mayLoseCursors?: boolean;
  /** Called again and again during a reading, with the number of entries read so far. If it throws, reading ends. */
  readonly onRead?: (count: number) => void;
}

/** Keeps the timetable in step with the stored definitions, on leader and standby alike (R29). */
export class ScheduleFollower {
  readonly #store: StoreWithDeadlines;
  readonly #timetable: Timetable;
  readonly #types: ScheduleTypes;
  readonly #clock: Clock;
  readonly #mayLoseCursors: boolean;
  readonly #onRead: (count: number) => void;
  /** The schedule's revision that the timetable shows; `null`: nothing was read yet. */
  #revision: string | null = null;
  #isDoubted = false;
  #knowsCursors = false;
  #hasLost = false;
  #wentBack = 0;

  constructor(
    store: StoreWithDeadlines,
    timetable: Timetable,
    types: ScheduleTypes,
    clock: Clock,
    { mayLoseCursors = true, onRead = () => undefined }: FollowerOptions = {},
  ) {
    this.#store = store;
    this.#timetable = timetable;
    this.#types = types;
    this.#clock = clock;
    this.#mayLoseCursors = mayLoseCursors;
    this.#onRead = onRead;
  }

  get isLoaded(): boolean {
    return this.#revision !== null;
  }

  /**
   * Memory has the cursors of all entries as they were at some moment, and the store has not gone back to an older state since.
   * `false` with a store that cannot show that.
   */
  get knowsCursors(): boolean {
    return this.#knowsCursors;
  }

  /** The store has lost the data that memory has, and no leader has begun anew since, as far as was read (R33). */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** A term has ended: what it has not saved, and how long it lets entries wait, counts no longer. */
  forgetCursors(): void {
    this.#knowsCursors = false;
  }

  /** The number of entries whose stored cursor was older than the one in memory, since the last call (R32). */
  takeWentBack(): number {
    const count = this.#wentBack;
    this.#wentBack = 0;
    return count;
  }

  /**
   * The store's answer to a write contradicts memory: if the schedule's revision does not say why, all definitions are
   * read. So a definition that another program removed is noticed, too.
   */
  doubt(): void {
    this.#isDoubted = true;
  }

  /**
   * Reads the definitions that changed since the last reading; `null`: none did. `takeCursors`: also adopt the cursors of
   * those entries, on nodes that do not lead. @throws StoreError
   */
  async follow(takeCursors: boolean = false): Promise<FollowedChanges | null> {
    const since = this.#revision;
    if (since !== null && (await this.#store.getRevision()) === since) {
      return this.#isDoubted ? this.#read(await this.#store.getSchedule(), takeCursors) : this.#recover(takeCursors);
    }
    return this.#read(await this.#store.getSchedule(since ?? undefined), takeCursors || since === null);
  }

  /**
   * Reads all definitions and cursors. `mayLoseCursors`: a cursor that only memory has was lost alone, and stays (R33);
   * `false`: the store is in an older state, without it (R32). @throws StoreError
   */
  async loadAll(takeCursors: boolean = true, mayLoseCursors: boolean = this.#mayLoseCursors): Promise<FollowedChanges> {
    return this.#read(await this.#store.getSchedule(), takeCursors, mayLoseCursors);
  }

  async #read(
    reading: ScheduleReading,
    takeCursors: boolean,
    mayLoseCursors = this.#mayLoseCursors,
  ): Promise<FollowedChanges> {
    this.#isDoubted = false;
    const changes = noChanges();
    const knewCluster = this.#timetable.cluster.revision !== null;
    const gone = reading.complete ? await inSlices(this.#clock, collected(this.#timetable.names())) : new Set<string>();
    const older = new OlderCursors(this.#timetable, mayLoseCursors);
    for await (const stored of this.#inSlices(reading.batches)) {
      gone.delete(stored.name);
      if (takeCursors) older.before(stored.name);
      this.#note(changes, stored.name, this.#timetable.apply(stored, takeCursors));
      if (takeCursors) older.after();
    }
    await this.#readWithNewTypes(changes, takeCursors);
    const isLost = knewCluster && gone.has(CLUSTER_RECORD);
    if (!isLost) this.#wentBack += older.adopt();
    if (reading.complete) this.#knowsCursors = takeCursors && !isLost && this.#showsOlderState;
    if (reading.complete) this.#hasLost = isLost;
    if (isLost && gone.has(HOLD_RECORD)) this.#timetable.records.loseHold();
    if (!isLost) for (const name of gone) this.#note(changes, name, this.#timetable.drop(name));
    this.#revision = reading.revision;
    return { ...changes, isComplete: reading.complete, isLost, missing: gone };
  }

  get #showsOlderState(): boolean {
    return this.#store.capabilities.revisionShowsOlderState === true;
  }

  async *#inSlices(batches: ScheduleReading["batches"]): AsyncGenerator<StoredEntry> {
    const slices = new Slices(this.#clock);
    let count = 0;
    for await (const batch of batches) {
      this.#onRead(count);
      for (const stored of batch) {
        yield stored;
        count++;
        if (!slices.isOver) continue;
        this.#onRead(count);
        await slices.next();
      }
    }
  }

  /** The entries whose package was installed since the last reading; `null`: none. */
  async #recover(takeCursors: boolean): Promise<FollowedChanges | null> {
    const changes = noChanges();
    await this.#readWithNewTypes(changes, takeCursors);
    return changes.added.length > 0 ? changes : null;
  }

  async #readWithNewTypes(changes: FollowedChanges, takeCursors: boolean): Promise<void> {
    const read = await readNewTypes(this.#timetable, this.#types, takeCursors);
    for (const [name, change] of read) this.#note(changes, name, change);
  }

  #note(changes: FollowedChanges, name: string, change: TimetableChange): void {
    if (change !== "none" && !name.startsWith(RESERVED_PREFIX)) changes[change].push(name);
  }
}

/** Makes a set of the names. Yields after each, so that the caller can pause. */
function* collected(names: Iterable<string>): Generator<void, Set<string>> {
  const set = new Set<string>();
  for (const name of names) {
    set.add(name);
    yield;
  }
  return set;
}

/** Nothing has changed. */
export const NO_CHANGES: FollowedChanges = noChanges();

function noChanges(): FollowedChanges {
  return { added: [], updated: [], removed: [], isComplete: false, isLost: false, missing: new Set() };
}
