import type { EntryInput } from "../entry/entry.js";
import type { Upcoming } from "../timetable/upcoming.js";
import type { BackfillResult } from "./backfill.js";
import type { BackfillOptions } from "./backfill-options.js";
import type { BackfillView } from "./backfills.js";
import type { BeatStatus } from "./beat-status.js";
import type { EditResult } from "./edit-many.js";
import type { EntryView } from "./entry-view.js";
import type { ExportOptions } from "./export-schedule.js";
import type { EntryHistory, HistoryOptions } from "./history.js";
import type { EntryToImport, ImportOptions, ImportResult } from "./import-entries.js";
import type { MoveOptions } from "./import-export.js";
import type { LeaderView } from "./leaders.js";
import type { ListOptions } from "./list-entries.js";
import type { PauseOptions } from "./pause-entries.js";
import type { RunOutlook } from "./read-status.js";
import type { ApplyOptions } from "./reconcile-schedule.js";
import type { ScheduleDiff } from "./schedule-diff.js";
import type { ScheduleExport } from "./schedule-export.js";
import type { EntrySelector } from "./select-entries.js";

/**
 * Manages the schedule from any process, without a lease. The leader notices an edit within a second. Every call rejects with
 * `StoreError` if the store does not answer.
 */
export interface Client {
  /**
   * Entries in the order of their names, by the bytes of these in UTF-8: all of them, or those that `options` names. To get
   * the next page, pass the last name of this one as `after`; a page shorter than `limit` is the last. Broken entries are
   * left out: `status` has them. @throws ConfigError for wrong options
   */
  list(options?: ListOptions): Promise<EntryView[]>;

  /** `null`: there is no such entry. @throws BeatxError `BAD_ENTRY` with the way out for a broken one */
  get(name: string): Promise<EntryView | null>;

  /** The next `count` occurrences of one entry. Default 10. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  next(name: string, count?: number): Promise<Upcoming[]>;

  /**
   * The last runs of an entry, the newest first: what the nodes kept, `historyRuns` of `createBeat`. An occurrence that fails at
   * present comes first. Records that cannot be read are left out, and counted. @throws BeatxError `NOT_FOUND`
   */
  history(name: string, options?: HistoryOptions): Promise<EntryHistory>;

  /** The last terms of leaders, the newest first: up to 50. */
  leaders(): Promise<LeaderView[]>;

  /**
   * Problems, who leads, what comes next, and warnings. `next`: how many entries to list with their next run; default 10.
   * Reads the whole schedule, a part at a time.
   */
  status(next?: number): Promise<BeatStatus>;

  /**
   * What a configuration would change in the stored schedule, by the rule of its nodes. `schedule`: its entries as nodes
   * write them, without the name of the application; default: those of the option `configuration`, which also names `app` and
   * `configVersion`. Reads the whole schedule, and writes nothing. @throws ConfigError for entries that are wrong, or foreign
   */
  diff(schedule?: Readonly<Record<string, EntryInput>>): Promise<ScheduleDiff>;

  /**
   * Writes a configuration as its nodes would, without a node. Entries that it no longer has stay unless `prune` is set; those
   * that clients created or edited stay as they are. Answers what it found to do. From then on running nodes of an older
   * configuration of the application change nothing. Without an `app` this needs a `configVersion`: otherwise the next node
   * that takes over merges its own. @throws ConfigError as `diff`; BeatxError `CONFLICT` if a higher `configVersion` is
   * stored, or others keep changing the entries
   */
  apply(schedule?: Readonly<Record<string, EntryInput>>, options?: ApplyOptions): Promise<ScheduleDiff>;

  /**
   * Creates or replaces an entry. A new or changed rule owes nothing for the time before. From then on the edit overrides
   * an entry of the configuration, until `reset` or an edit that says the same as the configuration.
   * @throws ConfigError for a wrong field; BeatxError `CONFLICT` if the stored revision is not `ifRevision` (`null`: the
   * entry must not exist).
   */
  put(name: string, input: EntryInput, condition?: EditCondition): Promise<EntryView>;

  /**
   * Creates or replaces many entries, as `put` does each of them, in few round trips. Answers a result for each name, in
   * the order given: one that cannot be written keeps no other from being written.
   * @throws ConfigError for an argument of a wrong shape, or a name that comes twice
   */
  putMany(entries: Iterable<readonly [name: string, entry: EntryInput]>): Promise<EditResult[]>;
  putMany(entries: Readonly<Record<string, EntryInput>>): Promise<EditResult[]>;

  /**
   * Removes an entry, also a broken one, and the runs of it that were requested and not sent. Of an entry that is gone
   * already it removes the runs that are left. @throws BeatxError `NOT_FOUND` if there is neither; `CONFLICT` for an entry of
   * the configuration, which the next leader would add again, if the stored revision is not `ifRevision`, or if others keep
   * editing it or requesting runs of it
   */
  remove(name: string, condition?: EditCondition): Promise<void>;

  /**
   * Removes many entries, as `remove` does each of them, in few round trips. Answers a result for each name, in the order
   * given. @throws ConfigError for an argument of a wrong shape, or a name that comes twice
   */
  removeMany(names: Iterable<string>): Promise<EditResult[]>;

  /**
   * Keeps the entry, but it is not due until `resume`, or until the pause ends by itself, whoever leads then. Pausing a
   * paused entry replaces what the pause says. @throws ConfigError for a wrong option, such as an `until` in the past;
   * BeatxError `NOT_FOUND`, `BAD_ENTRY`; `CONFLICT` if the stored revision is not `ifRevision`
   */
  pause(name: string, options?: PauseOptions & EditCondition): Promise<EntryView>;

  /**
   * Pauses many entries, as above each of them, in few round trips. Answers a result for each entry that `which` is about, none
   * if there is no such entry. @throws ConfigError for a wrong argument or option
   */
  pause(which: EntrySelector, options?: PauseOptions): Promise<EditResult[]>;

  /**
   * Ends a pause. Occurrences that were due during it are not sent. An entry that is not paused stays as it is. @throws
   * BeatxError `NOT_FOUND`, `BAD_ENTRY`; `CONFLICT` if the stored revision is not `ifRevision`
   */
  resume(name: string, condition?: EditCondition): Promise<EntryView>;

  /** Ends the pauses of many entries, as above each of them, in few round trips. Answers a result for each. @throws ConfigError */
  resume(which: EntrySelector): Promise<EditResult[]>;

  /**
   * Starts an entry again as if it were new: its counts are 0, and nothing is owed for the time before. This repairs an
   * entry whose cursor cannot be read, and gives an overridden entry back to the configuration. @throws BeatxError
   * `NOT_FOUND`, or `BAD_ENTRY` if its definition is to blame
   */
  reset(name: string): Promise<EntryView>;

  /**
   * Resets every entry that waits because the clock was ahead when it last ran or was edited (R17), paused ones too.
   * Answers their names. @throws BeatxError `CONFLICT` if the clock of the leader is still ahead
   */
  resetAhead(): Promise<string[]>;

  /**
   * Requests one run now, outside the rule; it works for a paused entry too. Answers the message's id, and what is known to
   * keep it from being sent now: the request is stored all the same, and the leader sends it when the problems are solved.
   * @throws BeatxError `NOT_FOUND`, `BAD_ENTRY`
   */
  runNow(name: string): Promise<{ readonly id: string } & RunOutlook>;

  /**
   * Requests the occurrences of past instants of the entry's rule: those from `from` to `to` that its schedule no longer
   * sends. The leader sends them one after the other, under the ids that they have had from the beginning, so consumers
   * recognise one that was sent before. They are counted as requested runs, do not expire, and go out even if the entry is
   * paused. A backfill that is requested again while it is under way goes on. Answers what it sends and leaves out.
   * @throws ConfigError for wrong options, or more than 100 000 instants; BeatxError `NOT_FOUND`, `BAD_ENTRY`
   */
  backfill(name: string, options: BackfillOptions): Promise<BackfillResult>;

  /** The backfills that are under way. One that is complete, or whose entry was removed, is gone. */
  backfills(): Promise<BackfillView[]>;

  /** Ends a backfill: nothing more of it is sent. @throws BeatxError `NOT_FOUND` if it is complete or unknown; `CONFLICT` */
  cancelBackfill(id: string): Promise<void>;

  /**
   * Takes over entries that ran elsewhere, each with the moment up to which it has run, so that nothing runs twice and what was
   * missed in between is caught up. Answers a result for each, in the order given: one that cannot be written keeps no other from
   * being written. @throws ConfigError for an argument of a wrong shape, or a name that comes twice
   */
  importEntries(entries: readonly EntryToImport[], options?: ImportOptions): Promise<ImportResult[]>;

  /**
   * The whole schedule with its state, as JSON: rules, pauses, owners, counts and how far each entry has come. With `hold` no
   * node leads any more, so nothing is sent until `release`. @throws BeatxError `CONFLICT` if a node goes on leading all the same
   */
  export(options?: ExportOptions): Promise<ScheduleExport>;

  /**
   * Writes an export into this store: a move. Nodes that run here stand by meanwhile, and then go on where the others have
   * stopped; a hold of this store ends. Answers a result for each entry. The same namespace gives messages the same ids.
   * @throws ConfigError for an export that is damaged, before anything is written; BeatxError `CONFLICT` if a node goes on
   * leading; StoreError. If it fails half-way, the schedule is held until the import is repeated, or `release`
   */
  importExport(exported: ScheduleExport, options?: MoveOptions): Promise<ImportResult[]>;

  /** Ends a hold: nodes lead again. Answers whether there was one. @throws BeatxError `CONFLICT` */
  release(): Promise<boolean>;

  /** Closes the store if it was opened here. Repeatable. */
  close(): Promise<void>;
}

/** Under which condition an edit is made. */
export interface EditCondition {
  /** The revision that the stored entry must have, `null` for no entry. Omitted: any. */
  readonly ifRevision?: string | null;
}
