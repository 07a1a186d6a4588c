import { type Clock, systemClock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { atOnce } from "../base/slices.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import type { EntryInput } from "../entry/entry.js";
import { checkEntryName, readEntry } from "../entry/read-entry.js";
import { type ParseRule, ruleParser } from "../schedule/rule-parser.js";
import { type Upcoming, upcoming } from "../timetable/upcoming.js";
import { applyEdit, TRIES } from "./apply-edits.js";
import type { BeatStatus } from "./beat-status.js";
import { type ClientOptions, copyClientOptions } from "./client-options.js";
import { connect, type Connection } from "./connection.js";
import {
  asEntry,
  checkListLength,
  checkName,
  conflict,
  type Edit,
  lookUp,
  pauseEdit,
  putEdit,
  readIfRevision,
  removeEdit,
  resetEdit,
  resumeEdit,
  settledBy,
  type StoredName,
} from "./edit.js";
import { type EditResult, type ManyEntries, putMany, removeMany } from "./edit-many.js";
import { type EntryView, viewEntry } from "./entry-view.js";
import { checkListOptions, listAll, type ListOptions, listSome } from "./list-entries.js";
import { readNames } from "./read-entries.js";
import { readOutlook, readStatus, type RunOutlook } from "./read-status.js";
import { removeRequestedRuns, requestRun } from "./requested-run.js";
import { resetAhead } from "./reset-ahead.js";

/**
 * Manages the schedule from any process, without a lease. The leader notices an edit within a second. The store is opened
 * by the first call.
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

export class Client {
  readonly #options: ClientOptions;
  readonly #types: ScheduleTypes;
  readonly #parseRule: ParseRule;
  readonly #clock: Clock;
  #opening: Promise<Connection> | null = null;

  constructor(given: ClientOptions) {
    const options = copyClientOptions(given);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#types = new ScheduleTypes({ given: options.scheduleTypes, from: options.from, clock: this.#clock });
    this.#parseRule = ruleParser(options.timezone ?? "UTC", this.#types.known);
  }

  /**
   * Entries in the order of their names, by the bytes of these in UTF-8: all of them, or those that `options` names. To get
   * the next page, pass the last name of this one as `after`; a page shorter than `limit` is the last. Broken entries are
   * left out: `status` has them. @throws ConfigError for wrong options
   */
  async list(options: ListOptions = {}): Promise<EntryView[]> {
    const checked = checkListOptions(options);
    const connection = await this.#open();
    return Object.keys(checked).length === 0 ? listAll(connection) : listSome(connection, checked);
  }

  /** `null`: there is no such entry. @throws BeatxError `BAD_ENTRY` with the way out for a broken one */
  async get(name: string): Promise<EntryView | null> {
    const { live, broken } = await this.#lookUp(name);
    if (broken) throw broken.error;
    return live ? viewEntry(live) : null;
  }

  /**
   * Creates or replaces an entry. A new or changed rule owes nothing for the time before. From then on the edit overrides
   * an entry of the configuration, until `reset` or an edit that says the same as the configuration.
   * @throws ConfigError for a wrong field; BeatxError `CONFLICT` if the stored revision is not `ifRevision` (`null`: the
   * entry must not exist).
   */
  async put(
    name: string,
    input: EntryInput,
    condition: { readonly ifRevision?: string | null } = {},
  ): Promise<EntryView> {
    checkEntryName(name);
    await this.#types.load(this.#types.missingIn([input]));
    const entry = readEntry(input, name, name, this.#parseRule);
    return this.#edit(name, putEdit(entry, readIfRevision(condition)));
  }

  /**
   * Creates or replaces many entries, as `put` does each of them, in few round trips. Answers a result for each name, in
   * the order given: one that cannot be written keeps no other from being written.
   * @throws ConfigError for an argument of a wrong shape, or a name that comes twice
   */
  async putMany(entries: Iterable<readonly [name: string, entry: EntryInput]>): Promise<EditResult[]>;
  async putMany(entries: Readonly<Record<string, EntryInput>>): Promise<EditResult[]>;
  async putMany(entries: ManyEntries): Promise<EditResult[]> {
    return putMany(await this.#open(), entries);
  }

  /**
   * Removes an entry, also a broken one, and the runs of it that were requested and not sent. Of an entry that is gone
   * already it removes the runs that are left. @throws BeatxError `NOT_FOUND` if there is neither; `CONFLICT` for an entry of
   * the configuration, which the next leader would add again, or if others keep editing it or requesting runs of it
   */
  async remove(name: string): Promise<void> {
    checkName(name);
    const connection = await this.#open();
    const notFound = await applyEdit(connection, name, removeEdit).then(() => null, unlessNotFound);
    const { of, failed } = await removeRequestedRuns(connection, new Set([name]), TRIES);
    const error = failed.get(name) ?? (of.has(name) ? null : notFound);
    if (error) throw error;
  }

  /**
   * Removes many entries, as `remove` does each of them, in few round trips. Answers a result for each name, in the order
   * given. @throws ConfigError for an argument of a wrong shape, or a name that comes twice
   */
  async removeMany(names: Iterable<string>): Promise<EditResult[]> {
    return removeMany(await this.#open(), names);
  }

  /** Keeps the entry, but it is not due until `resume`. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  async pause(name: string): Promise<EntryView> {
    return this.#edit(name, pauseEdit);
  }

  /** Ends a pause. Occurrences that were due during it are not sent. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  async resume(name: string): Promise<EntryView> {
    return this.#edit(name, resumeEdit);
  }

  /**
   * Starts an entry again as if it were new: its counts are 0, and nothing is owed for the time before. This repairs an
   * entry whose cursor cannot be read, and gives an overridden entry back to the configuration. @throws BeatxError
   * `NOT_FOUND`, or `BAD_ENTRY` if its definition is to blame
   */
  async reset(name: string): Promise<EntryView> {
    for (let tries = 1; ; tries++) {
      let settled = Infinity;
      const view = await this.#edit(name, (stored) => {
        settled = settledBy(stored.live?.cursor);
        return resetEdit(stored);
      });
      // If the leader moved the cursor between the two calls, that newer cursor still counts: try again.
      if (view.runs + view.skipped <= settled || tries === TRIES) return view;
    }
  }

  /**
   * Resets every entry that waits because the clock was ahead when it last ran or was edited (R17), paused ones too.
   * Answers their names. @throws BeatxError `CONFLICT` if the clock of the leader is still ahead
   */
  async resetAhead(): Promise<string[]> {
    return resetAhead(await this.#open(), TRIES);
  }

  /**
   * Requests one run now, outside the rule; it works for a paused entry too. Answers the message's id, and what is known to
   * keep it from being sent now: the request is stored all the same, and the leader sends it when the problems are solved.
   * @throws BeatxError `NOT_FOUND`, `BAD_ENTRY`
   */
  async runNow(name: string): Promise<{ readonly id: string } & RunOutlook> {
    const connection = await this.#open();
    const { outlook, stored } = await readOutlook(connection, checkName(name));
    const { id, ...change } = requestRun(name, asEntry(stored).entry, stored.now);
    const [result] = await connection.store.setSchedule([change]);
    if (result?.status !== "done") throw conflict(name);
    return { id, ...outlook };
  }

  /**
   * Problems, who leads, what comes next, and warnings. `next`: how many entries to list with their next run. Reads the
   * whole schedule, a part at a time.
   */
  async status(next = 10): Promise<BeatStatus> {
    checkListLength("next", next);
    return readStatus(await this.#open(), next);
  }

  /** The next `count` occurrences of one entry. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  async next(name: string, count = 10): Promise<Upcoming[]> {
    checkListLength("count", count);
    const stored = await this.#lookUp(name);
    asEntry(stored);
    return atOnce(upcoming([stored.live!], count));
  }

  /** Closes the store if it was opened here. Repeatable. */
  async close(): Promise<void> {
    const opening = this.#opening;
    if (opening) await (await opening).opened.close();
  }

  /**
   * Makes the edit; if another one came first, again from what is stored then. Answers the entry as it is now, or as it was
   * written if the store does not answer any more: the edit itself is complete.
   */
  async #edit(name: string, edit: Edit): Promise<EntryView> {
    const connection = await this.#open();
    const written = await applyEdit(connection, checkName(name), edit);
    const stored = lookUp(await readNames(connection, [name]).catch(() => written), name, 0);
    // It may have run and gone already.
    const live = stored.broken ? undefined : (stored.live ?? written.entries.get(name));
    asEntry({ ...stored, live });
    return viewEntry(live!)!;
  }

  async #lookUp(name: string): Promise<StoredName> {
    return lookUp(await readNames(await this.#open(), [checkName(name)]), name, 0);
  }

  #open(): Promise<Connection> {
    const parts = { types: this.#types, parseRule: this.#parseRule, clock: this.#clock };
    this.#opening ??= connect(this.#options, parts).catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }
}

function unlessNotFound(error: unknown): BeatxError {
  if (BeatxError.hasCode(error, "NOT_FOUND")) return error;
  throw error;
}
