import { StoreError, withDeadline } from "@beatx/core/adapter";
import { DatabaseFile } from "./database-file.js";
import { createFolder } from "./folder.js";
import { CollectedRows } from "./rows.js";
import type { RowReader, RowWriter } from "./rows.js";

/** Shared by all stores of one thread on one folder, so that their steps do not collide. */
export interface Environment {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** The time since this process found data deleted, replaced or cut off, in whole ms; `Infinity`: never. */
  readonly sinceLossMs: number;
  /** Reads at one moment, with all commits of all processes. `look` must not wait. */
  read<T>(look: (rows: RowReader) => T): T;
  /**
   * One atomic step in a namespace. `decide` sees one moment, returns an answer and collects writes. All of them are written
   * if no other step of the namespace came between; otherwise `decide` is called again. A step without writes takes no lock.
   *
   * @throws StoreError after `timeoutMs`. The step may still land after that, but only if no other step came between.
   */
  step<T>(guard: Buffer, decide: (rows: RowWriter) => T, timeoutMs: number): Promise<T>;
  /** Closes the file if no other store of this process uses it. Waits at most `timeoutMs`. */
  release(timeoutMs: number): Promise<void>;
}

/** By path. */
const shared = new Map<string, SharedEnvironment>();

/** @throws ConfigError if the folder cannot be created or opened. */
export function acquireEnvironment(folder: string): Environment {
  const path = createFolder(folder);
  const environment = shared.get(path) ?? new SharedEnvironment(new DatabaseFile(path));
  shared.set(path, environment);
  return environment.addUser();
}

class SharedEnvironment implements Environment {
  readonly #file: DatabaseFile;
  #users = 0;
  /** The newest step. Steps of one process run one after another: in parallel they would only collide. */
  #lastStep: Promise<unknown> = Promise.resolve();

  constructor(file: DatabaseFile) {
    this.#file = file;
  }

  get folder(): string {
    return this.#file.folder;
  }

  get sinceLossMs(): number {
    return this.#file.sinceLossMs;
  }

  addUser(): this {
    this.#users += 1;
    return this;
  }

  read<T>(look: (rows: RowReader) => T): T {
    this.#file.refresh();
    return look(this.#file);
  }

  step<T>(guard: Buffer, decide: (rows: RowWriter) => T, timeoutMs: number): Promise<T> {
    const isAbandoned = { value: false };
    const work = this.#lastStep.then(() => this.#runStep(guard, decide, isAbandoned));
    this.#lastStep = work.catch(() => undefined);
    return withDeadline(work, timeoutMs, () => {
      isAbandoned.value = true;
      return this.#tooSlow(timeoutMs);
    });
  }

  async release(timeoutMs: number): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    // Only a stuck lock of LMDB takes longer than the deadline. Then the file is closed when the process ends.
    const close = this.#lastStep.then(() => this.#closeIfUnused());
    await withDeadline(close, timeoutMs, () => this.#tooSlow(timeoutMs)).catch(() => undefined);
  }

  /** A store that was opened during the last steps goes on with this environment. */
  async #closeIfUnused(): Promise<void> {
    if (this.#users > 0) return;
    if (shared.get(this.folder) === this) shared.delete(this.folder);
    await this.#file.close();
  }

  /**
   * Writes under a condition instead of in a transaction with a callback. A synchronous transaction of lmdb-js stops the
   * event loop while it waits for other processes and for the disk. An asynchronous one locks the file until the event loop
   * gets to the callback, so one hanging process would stop all others for good.
   */
  async #runStep<T>(guard: Buffer, decide: (rows: RowWriter) => T, isAbandoned: { value: boolean }): Promise<T> {
    for (;;) {
      if (isAbandoned.value) throw new StoreError("the step was abandoned before it was written");
      this.#file.refresh();
      const version = this.#file.version(guard);
      if (version !== undefined && !Number.isSafeInteger(version)) {
        await this.#file.repairGuard(guard);
        continue;
      }
      const rows = new CollectedRows(this.#file);
      const answer = decide(rows);
      if (rows.writes.length === 0 || (await this.#file.writeIf(guard, version, rows.writes))) return answer;
    }
  }

  #tooSlow(timeoutMs: number): StoreError {
    const advice = "a full or failing disk, or a process that was stopped (not killed) in the middle of a write";
    return new StoreError(
      `the lmdb store in ${this.folder} took longer than ${timeoutMs} ms to write: look for ${advice}`,
    );
  }
}
