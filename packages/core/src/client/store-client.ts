import { type Clock, systemClock } from "../base/clock.js";
import { atOnce } from "../base/slices.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import type { EntryInput } from "../entry/entry.js";
import { checkEntryName, readEntry } from "../entry/read-entry.js";
import { type ParseRule, ruleParser } from "../schedule/rule-parser.js";
import { type Upcoming, upcoming } from "../timetable/upcoming.js";
import { type BackfillResult, requestBackfill } from "./backfill.js";
import type { BackfillOptions } from "./backfill-options.js";
import { type BackfillView, cancelBackfill, readBackfills } from "./backfills.js";
import type { BeatStatus } from "./beat-status.js";
import type { Client, EditCondition } from "./client.js";
import { type ClientOptions, copyClientOptions } from "./client-options.js";
import { connect, type Connection } from "./connection.js";
import { asEntry, checkListLength, putEdit, readIfRevision } from "./edit.js";
import { type EditResult, type ManyEntries, putMany, removeMany } from "./edit-many.js";
import { editOne, readName, removeOne, resetOne } from "./edit-one.js";
import { type EntryView, viewEntry } from "./entry-view.js";
import { type ExportOptions, exportSchedule } from "./export-schedule.js";
import { checkHistoryOptions, type EntryHistory, type HistoryOptions, readHistory } from "./history.js";
import { type EntryToImport, importEntries, type ImportOptions, type ImportResult } from "./import-entries.js";
import { endHold } from "./hold.js";
import { importExport, type MoveOptions } from "./import-export.js";
import { type LeaderView, readLeaderViews } from "./leaders.js";
import { checkListOptions, listEntries, type ListOptions } from "./list-entries.js";
import { pauseMany, pauseOne, type PauseOptions, resumeMany, resumeOne } from "./pause-entries.js";
import { timeToView } from "./read-entries.js";
import { readStatus, type RunOutlook } from "./read-status.js";
import { type ApplyOptions, applySchedule, diffSchedule, readApplyOptions } from "./reconcile-schedule.js";
import { resetAhead } from "./reset-ahead.js";
import { requestRunNow } from "./run-now.js";
import type { ScheduleDiff } from "./schedule-diff.js";
import type { ScheduleExport } from "./schedule-export.js";
import type { EntrySelector } from "./select-entries.js";

/** A client of the store that `options` names. The store is opened by the first call. @throws ConfigError for wrong options */
export function createClient(options: ClientOptions): Client {
  return new StoreClient(options);
}

/** Opens the store once, and hands it to the functions that do the work. */
class StoreClient implements Client {
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

  async list(options: ListOptions = {}): Promise<EntryView[]> {
    const checked = checkListOptions(options);
    return listEntries(await this.#open(), checked);
  }

  async get(name: string): Promise<EntryView | null> {
    const connection = await this.#open();
    const { live, broken } = await readName(connection, name);
    if (broken) throw broken.error;
    return live ? viewEntry(live, await timeToView(connection, [live])) : null;
  }

  async next(name: string, count = 10): Promise<Upcoming[]> {
    checkListLength("count", count);
    const stored = await readName(await this.#open(), name);
    asEntry(stored);
    return atOnce(upcoming([stored.live!], count));
  }

  async history(name: string, options: HistoryOptions = {}): Promise<EntryHistory> {
    checkHistoryOptions(options);
    return readHistory(await this.#open(), name, options.limit);
  }

  async leaders(): Promise<LeaderView[]> {
    return readLeaderViews(await this.#open());
  }

  async status(next = 10): Promise<BeatStatus> {
    checkListLength("next", next);
    return readStatus(await this.#open(), next);
  }

  async diff(schedule?: Readonly<Record<string, EntryInput>>): Promise<ScheduleDiff> {
    return diffSchedule(await this.#open(), schedule);
  }

  async apply(schedule?: Readonly<Record<string, EntryInput>>, options: ApplyOptions = {}): Promise<ScheduleDiff> {
    const checked = readApplyOptions(options);
    return applySchedule(await this.#open(), schedule, checked);
  }

  async put(name: string, input: EntryInput, condition: EditCondition = {}): Promise<EntryView> {
    checkEntryName(name);
    await this.#types.load(this.#types.missingIn([input]));
    const entry = readEntry(input, name, name, this.#parseRule);
    return editOne(await this.#open(), name, putEdit(entry, readIfRevision(condition)));
  }

  async putMany(entries: ManyEntries): Promise<EditResult[]> {
    return putMany(await this.#open(), entries);
  }

  async remove(name: string, condition: EditCondition = {}): Promise<void> {
    return removeOne(await this.#open(), name, condition);
  }

  async removeMany(names: Iterable<string>): Promise<EditResult[]> {
    return removeMany(await this.#open(), names);
  }

  async pause(name: string, options?: PauseOptions & EditCondition): Promise<EntryView>;
  async pause(which: EntrySelector, options?: PauseOptions): Promise<EditResult[]>;
  async pause(which: string | EntrySelector, options: PauseOptions = {}): Promise<EntryView | EditResult[]> {
    const connection = await this.#open();
    return typeof which === "string" ? pauseOne(connection, which, options) : pauseMany(connection, which, options);
  }

  async resume(name: string, condition?: EditCondition): Promise<EntryView>;
  async resume(which: EntrySelector): Promise<EditResult[]>;
  async resume(which: string | EntrySelector, condition: EditCondition = {}): Promise<EntryView | EditResult[]> {
    const connection = await this.#open();
    return typeof which === "string"
      ? resumeOne(connection, which, condition)
      : resumeMany(connection, which, condition);
  }

  async reset(name: string): Promise<EntryView> {
    return resetOne(await this.#open(), name);
  }

  async resetAhead(): Promise<string[]> {
    return resetAhead(await this.#open());
  }

  async runNow(name: string): Promise<{ readonly id: string } & RunOutlook> {
    return requestRunNow(await this.#open(), name);
  }

  async backfill(name: string, options: BackfillOptions): Promise<BackfillResult> {
    return requestBackfill(await this.#open(), name, options);
  }

  async backfills(): Promise<BackfillView[]> {
    return readBackfills(await this.#open());
  }

  async cancelBackfill(id: string): Promise<void> {
    return cancelBackfill(await this.#open(), id);
  }

  async importEntries(entries: readonly EntryToImport[], options: ImportOptions = {}): Promise<ImportResult[]> {
    return importEntries(await this.#open(), entries, options);
  }

  async export(options: ExportOptions = {}): Promise<ScheduleExport> {
    return exportSchedule(await this.#open(), options);
  }

  async importExport(exported: ScheduleExport, options: MoveOptions = {}): Promise<ImportResult[]> {
    return importExport(await this.#open(), exported, options);
  }

  async release(): Promise<boolean> {
    return endHold(await this.#open());
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    if (opening) await (await opening).opened.close();
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
