import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { getLastVersion, open } from "lmdb";
import type { RootDatabase } from "lmdb";
import { checkFiles } from "./check-files.js";
import { cannotOpen, FilesChangedError, isDamage, isEnvironmentError, isFatal } from "./errors.js";
import { createFolder } from "./folder.js";
import type { KeyRange } from "./keys.js";
import { type MachineClock, machineClock } from "./machine-clock.js";
import { writeQuietly } from "./quiet-lmdb.js";
import { type RowReader, type RowWrite, UNREADABLE } from "./rows.js";
import { type FileChange, LOCK_FILE, WatchedFiles } from "./watched-files.js";

/**
 * Files that changed are opened again after this time: copying must have ended, and the other processes must have
 * noticed.
 */
const SETTLE_MS = 1000;

/**
 * A data file that is damaged at run time and unchanged for this time is moved away: nodes write back what they know.
 */
const DAMAGED_MS = 3000;

/** LMDB and the files that it has open. */
interface Opened {
  readonly root: RootDatabase<unknown, Buffer>;
  readonly files: WatchedFiles;
}

/** Files that were found changed, and that LMDB no longer uses. */
interface AbandonedFiles {
  readonly change: FileChange;
  readonly files: WatchedFiles;
  readonly sinceMs: number;
  readonly closed: Promise<void>;
  isClosed: boolean;
  /** Since when the data file is damaged, in one state. */
  damaged?: { readonly state: string; readonly sinceMs: number };
}

/**
 * One LMDB environment and its only table. A thread has one per folder; `environment.ts` ensures that. lmdb-js opens
 * the files once per process: threads share them, and so do a new `DatabaseFile` and one that is still closing.
 *
 * Two options decide the cost of a crash:
 * - `overlappingSync: false` is LMDB's own way to commit: data, fsync, then the page that makes it valid. So an answered
 *   step is on the disk, even after a power cut, and a power cut never leaves half a step.
 * - `eventTurnBatching: false` makes every step a transaction of its own, which runs from start to end in a thread of
 *   lmdb-js. No JavaScript runs while the file is locked: a process with a hanging event loop does not block the others,
 *   and the fsync blocks no event loop.
 */
export class DatabaseFile implements RowReader {
  readonly folder: string;
  readonly #machine: MachineClock;
  #opened: Opened | undefined;
  #abandoned: AbandonedFiles | undefined;
  #lostAtMs: number | undefined;

  /**
   * The folder must exist.
   *
   * @throws ConfigError if its data is damaged, or LMDB cannot open it or may not write to it.
   */
  constructor(folder: string, machine: MachineClock = machineClock) {
    this.folder = folder;
    this.#machine = machine;
    this.#opened = openFiles(folder);
  }

  /**
   * Makes all reads up to the next `await` see the present moment, with all commits of all processes; without it, lmdb-js
   * keeps reading an older one. If the files were deleted, replaced or cut off, abandons them and opens the new ones: no
   * process may go on writing to files that the others cannot see.
   *
   * @throws FilesChangedError while they may still be changing; ConfigError if the new ones are damaged.
   */
  refresh(): void {
    const change = this.#opened?.files.change();
    if (change !== undefined) this.#abandon(change);
    if (this.#abandoned !== undefined) this.#reopen(this.#abandoned);
    this.#root.resetReadTxn();
  }

  /** The time since data was found deleted, replaced or cut off, in whole ms; `Infinity`: never. */
  get sinceLossMs(): number {
    return this.#lostAtMs === undefined ? Infinity : this.#machine.nowMs() - this.#lostAtMs;
  }

  get(key: Buffer): unknown {
    return this.#orUnreadable(() => this.#root.get(key));
  }

  has(key: Buffer): boolean {
    return this.#orUnreadable(() => this.#root.getBinaryFast(key)) !== undefined;
  }

  keys({ start, end }: KeyRange, limit: number): Buffer[] {
    try {
      return [...this.#root.getKeys({ start, end, limit })];
    } catch (error) {
      throw this.#noteFatal(error);
    }
  }

  /** The number of steps written under the guard; `undefined`: none. `NaN`: the guard is damaged. */
  version(guard: Buffer): number | undefined {
    const found = this.#orUnreadable(() => this.#root.getBinaryFast(guard));
    if (found === UNREADABLE) return NaN;
    return found && getLastVersion();
  }

  #orUnreadable<T>(read: () => T): T | typeof UNREADABLE {
    try {
      return read();
    } catch (error) {
      if (isEnvironmentError(error)) throw this.#noteFatal(error);
      return UNREADABLE;
    }
  }

  /**
   * Writes all rows in one transaction, if the guard still has this version. Resolves to `true` when the rows are on the
   * disk, or to `false` if another step came first. Rejects with LMDB's error.
   */
  async writeIf(guard: Buffer, version: number | undefined, writes: readonly RowWrite[]): Promise<boolean> {
    const root = this.#root;
    const write = (): void => {
      void root.put(guard, null, (version ?? 0) + 1);
      for (const { key, row } of writes) void (row === undefined ? root.remove(key) : root.put(key, row, 0));
    };
    const begin = (): Promise<boolean> =>
      version === undefined ? root.ifNoExists(guard, write) : root.ifVersion(guard, version, write);
    try {
      return await writeQuietly(() => causeOf(begin()));
    } catch (error) {
      throw this.#noteFatal(error);
    }
  }

  /** Gives a damaged guard a version that it never had. */
  async repairGuard(guard: Buffer): Promise<void> {
    const root = this.#root;
    await writeQuietly(() => causeOf(root.put(guard, null, Math.floor(Math.random() * 2 ** 50))));
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await Promise.all([opened === undefined ? undefined : closeFiles(opened), this.#abandoned?.closed]);
  }

  get #root(): RootDatabase<unknown, Buffer> {
    if (this.#opened === undefined) throw new FilesChangedError("its files have changed");
    return this.#opened.root;
  }

  /** After some errors LMDB refuses everything until the files are opened again. */
  #noteFatal(error: unknown): unknown {
    if (isFatal(error)) this.#abandon("lock changed");
    return error;
  }

  #abandon(change: FileChange): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    this.#opened = undefined;
    const closed = closeFiles(opened).catch(() => undefined); // a failure does not matter: nothing more is written
    const abandoned: AbandonedFiles = {
      change,
      files: opened.files,
      sinceMs: this.#machine.nowMs(),
      closed,
      isClosed: false,
    };
    void closed.then(() => (abandoned.isClosed = true));
    this.#abandoned = abandoned;
    if (change !== "lock changed") this.#lostAtMs = abandoned.sinceMs;
  }

  /** Files of which none is an old one may be opened at once. */
  #reopen(abandoned: AbandonedFiles): void {
    const hasSettled = abandoned.isClosed && this.#machine.nowMs() - abandoned.sinceMs >= SETTLE_MS;
    if (abandoned.change !== "replaced" && !hasSettled) {
      const isDataKept = abandoned.change === "lock changed";
      throw new FilesChangedError(
        isDataKept ? "LMDB failed, or lock.mdb was replaced" : "data.mdb was replaced, overwritten or cut off",
      );
    }
    createFolder(this.folder);
    if (abandoned.change === "data changed" && abandoned.files.hasSameLockFile) removeLockFile(this.folder);
    try {
      this.#opened = openFiles(this.folder);
    } catch (error) {
      if (!isDamage(error) || !this.#staysDamaged(abandoned)) throw error;
      abandoned.files.moveDataAway();
      this.#lostAtMs = this.#machine.nowMs();
      this.#opened = openFiles(this.folder);
    }
    this.#abandoned = undefined;
  }

  /** Otherwise a backup that is being copied would be moved away. */
  #staysDamaged(abandoned: AbandonedFiles): boolean {
    const [state, nowMs] = [abandoned.files.dataState(), this.#machine.nowMs()];
    if (abandoned.damaged?.state !== state) abandoned.damaged = { state, sinceMs: nowMs };
    return nowMs - abandoned.damaged.sinceMs >= DAMAGED_MS;
  }
}

/** It belongs to the old data. All other processes notice, and open the new one. */
function removeLockFile(folder: string): void {
  try {
    unlinkSync(join(folder, LOCK_FILE));
  } catch {
    // a system that does not delete open files does not let others replace them either
  }
}

function openFiles(folder: string): Opened {
  try {
    checkFiles(folder);
    const root = open<unknown, Buffer>({
      path: folder,
      noSubdir: false, // otherwise a folder with a dot in its name counts as a file
      keyEncoding: "binary",
      useVersions: true,
      overlappingSync: false,
      eventTurnBatching: false,
    });
    return { root, files: new WatchedFiles(folder) };
  } catch (cause) {
    throw cannotOpen(folder, cause);
  }
}

async function closeFiles({ root, files }: Opened): Promise<void> {
  await root.close().finally(() => files.close());
}

/** lmdb-js rejects with "see commitError", and that promise rejects with the reason. */
async function causeOf<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    const { commitError } = error as { commitError?: Promise<never> };
    throw commitError === undefined ? error : await commitError.catch((cause: unknown) => cause);
  }
}
