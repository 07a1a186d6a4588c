import { StoreError, withDeadline } from "@beatx/core/adapter";
import { DatabaseFile } from "./database-file.js";
import { createFolder } from "./folder.js";
import { CollectedRows } from "./rows.js";
import type { RowReader, RowWriter } from "./rows.js";

/** What the stores of one process share for one folder: LMDB must not be opened twice. */
export interface Environment {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** How long ago this process found the folder deleted or replaced, in whole ms; `Infinity`: never. */
  readonly sinceLossMs: number;
  /** Looks at one moment; sees everything that any process has committed. `look` must not wait. */
  read<T>(look: (rows: RowReader) => T): T;
  /**
   * One atomic step of a namespace. `decide` sees one moment, answers, and says what to write; all of it is written if no
   * other step of the namespace came between, else `decide` is asked again. A step that writes nothing takes no lock.
   *
   * @throws StoreError after `timeoutMs`; the step may still land then, but only if nothing else has happened until then.
   */
  step<T>(guard: Buffer, decide: (rows: RowWriter) => T, timeoutMs: number): Promise<T>;
  /** Closes the file when nobody else in this process uses it. Waits at most `timeoutMs`. */
  release(timeoutMs: number): Promise<void>;
}

/** By path. */
const shared = new Map<string, SharedEnvironment>();

/** @throws ConfigError when the folder cannot be created or opened. */
export function acquireEnvironment(folder: string): Environment {
  const path = createFolder(folder);
  const environment = shared.get(path) ?? new SharedEnvironment(new DatabaseFile(path));
  shared.set(path, environment);
  return environment.addUser();
}

class SharedEnvironment implements Environment {
  readonly #file: DatabaseFile;
  #users = 0;
  /** The last step that was asked for. Steps of one process queue here: run side by side they would only collide. */
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
    shared.delete(this.folder);
    // The deadline is passed only when LMDB's lock is stuck; then the file is closed when the process ends.
    const close = this.#lastStep.then(() => this.#file.close());
    await withDeadline(close, timeoutMs, () => this.#tooSlow(timeoutMs)).catch(() => undefined);
  }

  /**
   * Why not a transaction with a callback: the synchronous one of lmdb-js stops the event loop while it waits for other
   * processes and for the disk; the asynchronous one holds the lock of the file until the event loop gets to the
   * callback, so that one hanging process would stop all others for good. Writing under a condition does neither.
   */
  async #runStep<T>(guard: Buffer, decide: (rows: RowWriter) => T, isAbandoned: { value: boolean }): Promise<T> {
    for (;;) {
      if (isAbandoned.value) throw new StoreError("the step was given up before it was written");
      this.#file.refresh();
      const version = this.#file.version(guard);
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
