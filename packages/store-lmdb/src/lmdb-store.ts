import {
  BeatxError,
  type Clock,
  ConfigError,
  type LeaderInfo,
  LockLostError,
  type Store,
  systemClock,
} from "@beatx/core";
import {
  type ChangeResult,
  checkValueSize,
  type CursorMove,
  type DefinitionChange,
  type EntryPage,
  type Lease,
  type LockHeld,
  type LockRequest,
  type MoveResult,
  type PageRequest,
  type ScheduleReading,
  STORE_CONTRACT,
  type StoredEntry,
} from "@beatx/core/adapter";
import { moveCursors } from "./cursors.js";
import { changeDefinitions, readEntry, readRecords } from "./definitions.js";
import { acquireEnvironment } from "./environment.js";
import type { Environment } from "./environment.js";
import { cannotUse } from "./errors.js";
import { damagedFilesIn, warningsAbout } from "./file-system.js";
import { beginHistory, numberAfterWhichAllIsKnown, readHistory, revisionText } from "./history.js";
import type { History } from "./history.js";
import { keysOf } from "./keys.js";
import type { Keys } from "./keys.js";
import { acquire, describe, isCurrent, renew } from "./lock.js";
import type { LockRow } from "./lock.js";
import { machineClock as systemMachineClock } from "./machine-clock.js";
import type { MachineClock } from "./machine-clock.js";
import { readPage } from "./page.js";
import { CAPABILITIES, type LmdbStoreOptions } from "./options.js";
import { areChangesKnown, readAll, readChanges } from "./reading.js";
import type { RowReader, RowWriter } from "./rows.js";
import { StoredLock } from "./stored-lock.js";
import { touchWakeFile, watchWakeFile } from "./wake-file.js";

/**
 * A store in a folder, shared by the processes of one machine.
 *
 * @throws ConfigError if the folder cannot be created or opened.
 */
export function lmdbStore(options: LmdbStoreOptions): Store {
  return new LmdbStore(options);
}

class LmdbStore implements Store {
  readonly contract: typeof STORE_CONTRACT = STORE_CONTRACT;
  readonly name = "lmdb";
  readonly capabilities = CAPABILITIES;
  readonly #environment: Environment;
  readonly #keys: Keys;
  readonly #clock: Clock;
  readonly #machine: MachineClock;
  readonly #lock: StoredLock;
  readonly #timeoutMs: number;
  readonly #watches = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor({ folder, namespace, commandTimeoutMs = 2000, clock, machineClock }: LmdbStoreOptions) {
    if (!Number.isSafeInteger(commandTimeoutMs) || commandTimeoutMs < 1) {
      const expected = "expected a whole number of milliseconds above 0";
      throw new ConfigError(`commandTimeoutMs is ${commandTimeoutMs}: ${expected}`, { field: "commandTimeoutMs" });
    }
    this.#environment = acquireEnvironment(folder);
    this.#keys = keysOf(namespace ?? "beatx");
    this.#timeoutMs = commandTimeoutMs;
    this.#clock = clock ?? systemClock;
    this.#machine = machineClock ?? systemMachineClock;
    this.#lock = new StoredLock(this.#keys.lock, this.#environment, this.#machine);
  }

  async getRevision(): Promise<string> {
    const history = await this.#history();
    return revisionText(history, history.last);
  }

  async getSchedule(since?: string): Promise<ScheduleReading> {
    const history = await this.#history();
    const after = since === undefined ? undefined : numberAfterWhichAllIsKnown(history, since);
    const read = <T>(look: (rows: RowReader) => T): T => this.#read(look);
    const revision = revisionText(history, history.last);
    if (after === undefined || !(await areChangesKnown(read, this.#keys, history, after))) {
      return { revision, complete: true, batches: readAll(read, this.#keys, history) };
    }
    return { revision, complete: false, batches: readChanges(read, this.#keys, history, after) };
  }

  async getEntries(names: readonly string[]): Promise<readonly StoredEntry[]> {
    const history = await this.#history();
    return this.#read((rows) => names.flatMap((name) => readEntry(rows, this.#keys, history, name) ?? []));
  }

  async getHistory(name: string): Promise<readonly string[]> {
    return this.#read((rows) => readRecords(rows, this.#keys, name));
  }

  async listEntries(request: PageRequest): Promise<EntryPage> {
    const history = await this.#history();
    return this.#read((rows) => readPage(rows, this.#keys, history, request));
  }

  async setSchedule(changes: readonly DefinitionChange[], lease?: Lease): Promise<readonly ChangeResult[]> {
    for (const { name, definition } of changes) this.#checkSize(name, definition ?? "");
    const results = await this.#step((rows) => {
      if (lease !== undefined) this.#checkLease(rows, lease);
      return changeDefinitions(rows, this.#keys, changes, this.#clock.now());
    });
    if (results.some(({ status }) => status === "done")) await this.#wakeOthers();
    return results;
  }

  async advance(lease: Lease, moves: readonly CursorMove[]): Promise<readonly MoveResult[]> {
    for (const { name, to } of moves) this.#checkSize(name, to);
    return this.#step((rows) => {
      this.#checkLease(rows, lease);
      const history = readHistory(rows, this.#keys) ?? beginHistory();
      return moveCursors(rows, this.#keys, history, moves, this.#clock.now());
    });
  }

  async acquireLock(request: LockRequest): Promise<Lease | LockHeld> {
    return this.#step((rows) => {
      const lock = this.#lock.read(rows);
      const moment = { now: this.#clock.now(), machine: this.#machine, sinceLossMs: this.#lock.sinceLossMs };
      const { answer, row } = acquire(lock, request, moment);
      if (row !== undefined) rows.put(this.#keys.lock, row);
      return answer;
    });
  }

  async renewLock(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.#step((rows) => {
      const row = renew(this.#lock.read(rows), lease, ttlMs, this.#machine);
      if (row !== undefined) rows.put(this.#keys.lock, row);
      return row !== undefined;
    });
  }

  async releaseLock(lease: Lease): Promise<boolean> {
    const isReleased = await this.#step((rows) => {
      if (!isCurrent(this.#lock.read(rows), lease, this.#machine)) return false;
      rows.put(this.#keys.lock, { fence: lease.fence, holder: null } satisfies LockRow);
      return true;
    });
    if (isReleased) await this.#wakeOthers();
    return isReleased;
  }

  async readLock(): Promise<LeaderInfo | null> {
    return this.#read((rows) => describe(this.#lock.read(rows), this.#machine));
  }

  /** One machine has one wall clock, so all nodes share it. `advance` compares with it too. */
  async getTime(): Promise<number> {
    this.#checkOpen();
    return this.#clock.now();
  }

  async watch(onHint: () => void): Promise<() => Promise<void>> {
    this.#checkOpen();
    const end = await watchWakeFile(this.#environment.folder, this.#clock.now(), onHint);
    this.#watches.add(end);
    if (this.#closing !== undefined) end();
    return async () => {
      this.#watches.delete(end);
      end();
    };
  }

  async checkHealth(): Promise<readonly string[]> {
    this.#checkOpen();
    const { folder } = this.#environment;
    return [...(await warningsAbout(folder)), ...(await damagedFilesIn(folder))];
  }

  close(): Promise<void> {
    for (const end of this.#watches) end();
    this.#closing ??= this.#environment.release(this.#timeoutMs);
    return this.#closing;
  }

  /** The namespace's history. The first use stores a new one, so that its life is fixed. */
  async #history(): Promise<History> {
    const known = this.#read((rows) => readHistory(rows, this.#keys));
    if (known !== undefined) return known;
    return this.#step((rows) => {
      const begun = readHistory(rows, this.#keys) ?? beginHistory();
      rows.put(this.#keys.history, begun);
      return begun;
    });
  }

  #checkLease(rows: RowReader, lease: Lease): void {
    if (!isCurrent(this.#lock.read(rows), lease, this.#machine)) throw new LockLostError();
  }

  #checkSize(name: string, text: string): void {
    checkValueSize(this.name, name, text, this.capabilities.maxValueBytes);
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new BeatxError("CLOSED", `the lmdb store in ${this.#environment.folder} was closed: open a new one`);
  }

  #read<T>(look: (rows: RowReader) => T): T {
    this.#checkOpen();
    try {
      return this.#environment.read(look);
    } catch (error) {
      throw this.#couldNotTell(error);
    }
  }

  async #step<T>(decide: (rows: RowWriter) => T): Promise<T> {
    this.#checkOpen();
    try {
      return await this.#environment.step(this.#keys.guard, decide, this.#timeoutMs);
    } catch (error) {
      throw this.#couldNotTell(error);
    }
  }

  async #wakeOthers(): Promise<void> {
    await touchWakeFile(this.#environment.folder, this.#clock.now());
  }

  /** A beatx error stays as it is, except CONFIG: failing to reopen the folder is no error in the configuration. */
  #couldNotTell(error: unknown): unknown {
    if (BeatxError.isInstance(error) && error.code !== "CONFIG") return error;
    return cannotUse(this.#environment.folder, error);
  }
}
