import { statSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import type { RootDatabase } from "lmdb";
import { checkFileHeader } from "./file-header.js";
import { createFolder, unusableFolder } from "./folder.js";
import type { KeyRange } from "./keys.js";
import { machineClock } from "./machine-clock.js";
import type { RowReader, RowWrite } from "./rows.js";

const DATA_FILE = "data.mdb";

/**
 * One LMDB environment and its only table. A process has one per folder; `environment.ts` ensures that.
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
  #root: RootDatabase<unknown, Buffer>;
  #identity: string;
  #lostAtMs: number | undefined;

  /** The folder must exist. @throws ConfigError if LMDB cannot open its data, or may not write to it. */
  constructor(folder: string) {
    this.folder = folder;
    this.#root = openRoot(folder);
    this.#identity = this.#readIdentity();
  }

  /**
   * Makes all reads up to the next `await` see the present moment, with all commits of all processes; without it, lmdb-js
   * keeps reading an older one. If the folder was deleted or replaced, opens the new one: no process may go on writing to
   * files that the others cannot see.
   */
  refresh(): void {
    if (this.#readIdentity() !== this.#identity) this.#reopen();
    this.#root.resetReadTxn();
  }

  /** The time since the files were found deleted or replaced, in whole ms; `Infinity`: never. */
  get sinceLossMs(): number {
    return this.#lostAtMs === undefined ? Infinity : machineClock.nowMs() - this.#lostAtMs;
  }

  get<Row>(key: Buffer): Row | undefined {
    return this.#root.get(key) as Row | undefined;
  }

  range<Row>({ start, end }: KeyRange, limit: number): Row[] {
    return [...this.#root.getRange({ start, end, limit })].map(({ value }) => value as Row);
  }

  /** The number of steps written under the guard; `undefined`: none. */
  version(guard: Buffer): number | undefined {
    return this.#root.getEntry(guard)?.version;
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
    try {
      return await (version === undefined ? root.ifNoExists(guard, write) : root.ifVersion(guard, version, write));
    } catch (error) {
      throw await findCause(error);
    }
  }

  close(): Promise<void> {
    return this.#root.close();
  }

  #reopen(): void {
    const lost = this.#root;
    this.#lostAtMs = machineClock.nowMs();
    createFolder(this.folder);
    this.#root = openRoot(this.folder);
    this.#identity = this.#readIdentity();
    void lost.close().catch(() => undefined); // no other process sees its files, so a failure does not matter
  }

  /** Identifies the data file by its inode; `""`: no file. Takes a few microseconds. */
  #readIdentity(): string {
    const file = statSync(join(this.folder, DATA_FILE), { bigint: true, throwIfNoEntry: false });
    return file === undefined ? "" : `${file.dev}:${file.ino}`;
  }
}

function openRoot(folder: string): RootDatabase<unknown, Buffer> {
  try {
    checkFileHeader(join(folder, DATA_FILE));
    return open<unknown, Buffer>({
      path: folder,
      noSubdir: false, // otherwise a folder with a dot in its name counts as a file
      keyEncoding: "binary",
      useVersions: true,
      overlappingSync: false,
      eventTurnBatching: false,
    });
  } catch (cause) {
    throw unusableFolder(folder, cause);
  }
}

/** lmdb-js rejects with "see commitError", and that promise rejects with the reason. */
async function findCause(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError === undefined ? error : commitError.catch((cause: unknown) => cause);
}
