import { type Clock, systemClock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { atOnce, inSlices } from "../base/slices.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import { encodeDefinition } from "../entry/definition.js";
import type { EntryInput } from "../entry/entry.js";
import { checkEntryName, readEntry } from "../entry/read-entry.js";
import { type ParseRule, ruleParser } from "../schedule/rule-parser.js";
import { type Upcoming, upcoming } from "../timetable/upcoming.js";
import type { BeatStatus } from "./beat-status.js";
import { type ClientOptions, copyClientOptions } from "./client-options.js";
import { adoptResult, connect, type Connection, timeOf } from "./connection.js";
import {
  asEntry,
  checkName,
  conflict,
  type Edit,
  checkListLength,
  lookUp,
  pauseEdit,
  putEdit,
  readIfRevision,
  removeEdit,
  resetEdit,
  resumeEdit,
  settledBy,
} from "./edit.js";
import { type EntryView, viewEntries, viewEntry } from "./entry-view.js";
import { readOutlook, readStatus, type RunOutlook } from "./read-status.js";
import { removeRequestedRuns, requestRun } from "./requested-run.js";
import { resetAhead } from "./reset-ahead.js";

/** If another edit comes in, this one is tried again, at most this many times in all. */
const TRIES = 5;

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

  /** All entries, in the order of their names. */
  async list(): Promise<EntryView[]> {
    const { timetable } = await this.#load();
    const views = await inSlices(this.#clock, viewEntries(timetable.entries.values()));
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** `null`: there is no such entry. @throws BeatxError `BAD_ENTRY` with the way out for a broken one */
  async get(name: string): Promise<EntryView | null> {
    const { timetable } = await this.#load();
    const { live, broken } = lookUp(timetable, checkName(name), 0);
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
    await this.#edit(name, putEdit(entry, readIfRevision(condition)));
    try {
      return await this.#view(name);
    } catch (error) {
      if (!BeatxError.hasCode(error, "BAD_ENTRY")) throw error;
      // The stored cursor, which this client had read before it broke, is known now.
      await this.#edit(name, putEdit(entry, undefined));
      return this.#view(name);
    }
  }

  /**
   * Removes an entry, also a broken one, and the runs of it that were requested and not sent. Of an entry that is gone
   * already it removes the runs that are left. @throws BeatxError `NOT_FOUND` if there is neither; `CONFLICT` for an entry of
   * the configuration, which the next leader would add again, or if others keep editing it or requesting runs of it
   */
  async remove(name: string): Promise<void> {
    const notFound = await this.#edit(name, removeEdit).then(() => null, unlessNotFound);
    const removed = await removeRequestedRuns(await this.#open(), name, TRIES);
    if (notFound && removed === 0) throw notFound;
  }

  /** Keeps the entry, but it is not due until `resume`. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  async pause(name: string): Promise<EntryView> {
    await this.#edit(name, pauseEdit);
    return this.#view(name);
  }

  /** Ends a pause. Occurrences that were due during it are not sent. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  async resume(name: string): Promise<EntryView> {
    await this.#edit(name, resumeEdit);
    return this.#view(name);
  }

  /**
   * Starts an entry again as if it were new: its counts are 0, and nothing is owed for the time before. This repairs an
   * entry whose cursor cannot be read, and gives an overridden entry back to the configuration. @throws BeatxError
   * `NOT_FOUND`, or `BAD_ENTRY` if its definition is to blame
   */
  async reset(name: string): Promise<EntryView> {
    for (let tries = 1; ; tries++) {
      const { timetable } = await this.#load();
      const settled = settledBy(timetable.entries.get(checkName(name))?.cursor);
      await this.#edit(name, resetEdit);
      const view = await this.#view(name);
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
   * Requests one run now, outside the rule; it works for a paused entry too. Answers the message's id, and what keeps it
   * from being sent now: the request is stored all the same, and the leader sends it when the problems are solved.
   * @throws BeatxError `NOT_FOUND`, `BAD_ENTRY`
   */
  async runNow(name: string): Promise<{ readonly id: string } & RunOutlook> {
    const connection = await this.#open();
    const { store, follower, timetable, clock } = connection;
    await follower.follow();
    const outlook = await readOutlook(connection, checkName(name));
    const requestedAt = await timeOf({ store, clock });
    const { entry } = asEntry(lookUp(timetable, checkName(name), requestedAt));
    const { id, ...change } = requestRun(name, entry, requestedAt);
    const [result] = await store.setSchedule([change]);
    if (result?.status !== "done") throw conflict(name);
    return { id, ...outlook };
  }

  /** Problems, who leads, what comes next, and warnings. `next`: how many entries to list with their next run. */
  async status(next = 10): Promise<BeatStatus> {
    checkListLength("next", next);
    return readStatus(await this.#load(), next);
  }

  /** The next `count` occurrences of one entry. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
  async next(name: string, count = 10): Promise<Upcoming[]> {
    checkListLength("count", count);
    const { timetable } = await this.#load();
    const stored = lookUp(timetable, checkName(name), 0);
    asEntry(stored);
    return atOnce(upcoming([stored.live!], count));
  }

  /** Closes the store if it was opened here. Repeatable. */
  async close(): Promise<void> {
    const opening = this.#opening;
    if (opening) await (await opening).opened.close();
  }

  /** Writes the result of the edit. If another edit came first, retries from the stored state. */
  async #edit(name: string, edit: Edit): Promise<void> {
    checkName(name);
    const { store, follower, timetable, clock } = await this.#open();
    await follower.follow();
    for (let tries = 0; tries < TRIES; tries++) {
      const edited = edit(lookUp(timetable, name, await timeOf({ store, clock })));
      const definition = edited && encodeDefinition(edited);
      const change = { name, definition, expectedRevision: timetable.revisionOf(name) };
      const [result] = await store.setSchedule([change]);
      adoptResult(timetable, change, result!);
      if (result!.status === "done") return;
    }
    throw conflict(name);
  }

  /**
   * The entry as it was just written, with its present state if the store answers. The edit itself is
   * complete, so a failure here is ignored.
   */
  async #view(name: string): Promise<EntryView> {
    const { follower, timetable } = await this.#open();
    const written = timetable.entries.get(name);
    await follower.follow(true).catch(() => undefined);
    const stored = lookUp(timetable, name, 0);
    const live = stored.broken ? undefined : (stored.live ?? written);
    asEntry({ ...stored, live });
    return viewEntry(live!)!;
  }

  async #load(): Promise<Connection> {
    const connection = await this.#open();
    await connection.follower.loadAll();
    return connection;
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
