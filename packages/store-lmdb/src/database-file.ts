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
 * One LMDB environment and its only table. A process holds one per folder (`environment.ts` sees to that).
 *
 * How it is opened decides what a crash costs:
 * - `overlappingSync: false` is LMDB's own way to commit: data, fsync, then the page that makes it valid. What was
 *   answered is on the disk, also after a power cut, and a cut never leaves half a step.
 * - `eventTurnBatching: false` makes every step a transaction of its own that runs in a thread of lmdb-js from start to
 *   end. No JavaScript runs while the lock of the file is held, so that a process whose event loop hangs does not hold up
 *   the others, and the fsync blocks no event loop.
 */
export class DatabaseFile implements RowReader {
  readonly folder: string;
  #root: RootDatabase<unknown, Buffer>;
  #identity: string;
  #lostAtMs: number | undefined;

  /** @throws ConfigError when the folder (which exists) holds nothing that LMDB can open, or may not be written to. */
  constructor(folder: string) {
    this.folder = folder;
    this.#root = openRoot(folder);
    this.#identity = this.#readIdentity();
  }

  /**
   * Makes the following reads, up to the next `await`, see one moment: now, with everything any process has committed
   * (lmdb-js would go on reading an older one). When the folder was deleted or replaced, that is what lies there now:
   * nobody may go on writing into files that no other process can see.
   */
  refresh(): void {
    if (this.#readIdentity() !== this.#identity) this.#reopen();
    this.#root.resetReadTxn();
  }

  /** How long ago the files were found deleted or replaced, in whole ms; `Infinity`: never. */
  get sinceLossMs(): number {
    return this.#lostAtMs === undefined ? Infinity : machineClock.nowMs() - this.#lostAtMs;
  }

  get<Row>(key: Buffer): Row | undefined {
    return this.#root.get(key) as Row | undefined;
  }

  range<Row>({ start, end }: KeyRange, limit: number): Row[] {
    return [...this.#root.getRange({ start, end, limit })].map(({ value }) => value as Row);
  }

  /** How often rows were written under the guard; `undefined`: never. */
  version(guard: Buffer): number | undefined {
    return this.#root.getEntry(guard)?.version;
  }

  /**
   * Writes all rows in one transaction, but only if the guard still has this version in it. Resolves when they are on
   * the disk, or to `false` when another step came first; rejects with what LMDB says.
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
    const gone = this.#root;
    this.#lostAtMs = machineClock.nowMs();
    createFolder(this.folder);
    this.#root = openRoot(this.folder);
    this.#identity = this.#readIdentity();
    void gone.close().catch(() => undefined); // no other process sees its files: nothing it could still do matters
  }

  /** Which file lies there, by its inode; `""`: none. Costs a few microseconds. */
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
      noSubdir: false, // or a folder with a dot in its name would be taken for a file
      keyEncoding: "binary",
      useVersions: true,
      overlappingSync: false,
      eventTurnBatching: false,
    });
  } catch (cause) {
    throw unusableFolder(folder, cause);
  }
}

/** lmdb-js rejects with "see commitError", a promise that rejects with the reason. */
async function findCause(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError === undefined ? error : commitError.catch((cause: unknown) => cause);
}
