/** What a store answers of the schedule: a part of the contract in `store.ts`. */

/** Everything that is stored under one name. */
export interface StoredEntry {
  readonly name: string;
  /** The definition. `null` only in a partial reading: the name was removed. */
  readonly definition: string | null;
  /** Changes with every write of the definition. Never used twice for one name. */
  readonly revision: string;
  /** The run state; `null` until the entry first ran. Writing it does not change `revision`. */
  readonly cursor: string | null;
}

/** The answer of `getSchedule`. */
export interface ScheduleReading {
  /**
   * The schedule's revision from *before* the first batch was read, so the next call with it as `since` misses nothing.
   */
  readonly revision: string;
  /** `true`: this is everything; other names do not exist. `false`: this is only what changed after `since`. */
  readonly complete: boolean;
  /** Batches of a few hundred entries. Each name comes at most once. */
  readonly batches: AsyncIterable<readonly StoredEntry[]>;
}

/** Which entries a page holds. */
export interface PageRequest {
  /** Only names that begin with this text. Default `""`: all. */
  readonly prefix?: string;
  /** Only names after this text. Default: from the first one. */
  readonly after?: string;
  /** The page holds at most this many entries: a whole number above 0. */
  readonly limit: number;
}

/** A part of the schedule, in the order of the names. */
export interface EntryPage {
  readonly entries: readonly StoredEntry[];
  /**
   * `after` of the next page; `null`: no name follows. It need not be a name. A page may be shorter than `limit`, even
   * empty, although more names follow.
   */
  readonly next: string | null;
}
