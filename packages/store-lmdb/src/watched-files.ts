import { type BigIntStats, fstatSync, openSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { isWhole } from "./check-data-file.js";
import { DataFile, type Extent, hasKnownLayout, readExtent, readNumber } from "./data-file.js";

export const DATA_FILE = "data.mdb";
export const LOCK_FILE = "lock.mdb";
/** Followed by the time of the last change. */
export const DAMAGED_PREFIX = "data.mdb.damaged-";

/** A change of the files of an open folder. */
export type FileChange =
  /** Both files are gone or others now, so no process can mix the old with the new ones. */
  | "replaced"
  /** The data is another or older one, or is cut off. */
  | "data changed"
  /** Only the lock file is another one: writers of the old one and of the new one would not exclude each other. */
  | "lock changed";

interface Stats {
  /** Device and inode; `""`: no file. */
  readonly identity: string;
  readonly sizeBytes: number;
}

/**
 * In the lock file of LMDB on 64-bit little-endian systems: the number of the newest transaction that the processes
 * know.
 */
const LOCK_TRANSACTION_AT = 8;

/**
 * Notices that another process has replaced, deleted or overwritten the files. LMDB does not: it would go on with deleted
 * files, and reading where a file was cut off ends the process with a signal.
 */
export class WatchedFiles {
  readonly #folder: string;
  readonly #data: DataFile;
  readonly #dataIdentity: string;
  readonly #lockIdentity: string;
  /**
   * LMDB's own descriptor of the lock file. `undefined`: the system does not list descriptors, so newer data over the
   * old is not noticed.
   */
  readonly #lockFd: number | undefined;
  readonly #hasTransactionInLock: boolean;
  #sizeBytes: number;
  #transaction: number;
  /**
   * The transaction after which the file was found whole, although its last pages, which are free, were never written.
   */
  #shortButWhole: number | undefined;

  /** LMDB has just opened the files. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#data = new DataFile(openSync(join(folder, DATA_FILE), "r"));
    const { identity, sizeBytes } = statsOf(folder, DATA_FILE);
    this.#dataIdentity = identity;
    this.#lockIdentity = statsOf(folder, LOCK_FILE).identity;
    this.#lockFd = descriptorOf(this.#lockIdentity);
    this.#sizeBytes = sizeBytes;
    this.#transaction = readExtent(this.#data)?.transaction ?? 0;
    this.#hasTransactionInLock = this.#transaction <= this.#knownTransaction() + 1;
  }

  /**
   * Takes some microseconds, unless the file is shorter than its last page: then it is read as a whole. `undefined`:
   * nothing has happened.
   */
  change(): FileChange | undefined {
    const extent = readExtent(this.#data); // before the size, which only grows
    const { identity, sizeBytes } = statsOf(this.#folder, DATA_FILE);
    if (identity !== this.#dataIdentity) {
      const isBeingCopied = identity !== "" && sizeBytes === 0;
      return this.hasSameLockFile || isBeingCopied ? "data changed" : "replaced";
    }
    if (sizeBytes < this.#sizeBytes || (hasKnownLayout && !this.#isContinued(extent, sizeBytes))) return "data changed";
    this.#sizeBytes = sizeBytes;
    return this.hasSameLockFile ? undefined : "lock changed";
  }

  /** Whether the file is as the processes that have it open left it. */
  #isContinued(extent: Extent | undefined, sizeBytes: number): boolean {
    if (extent === undefined || extent.transaction < this.#transaction) return false;
    const { transaction, bytes } = extent;
    // A transaction writes its number into the data file just before it writes it into the lock file.
    if (this.#hasTransactionInLock && transaction > this.#knownTransaction() + 1) return false;
    if (sizeBytes < bytes && !this.#isWhole(transaction)) return false;
    this.#transaction = transaction;
    return true;
  }

  #isWhole(transaction: number): boolean {
    if (this.#shortButWhole === transaction) return true;
    if (!isWhole(this.#data)) return false;
    this.#shortButWhole = transaction;
    return true;
  }

  /** `Infinity`: the lock file cannot be read without opening it. */
  #knownTransaction(): number {
    if (this.#lockFd === undefined || identityOf(this.#lockFd) !== this.#lockIdentity) return Infinity;
    const bytes = new DataFile(this.#lockFd).read(LOCK_TRANSACTION_AT, 8);
    return bytes === undefined ? -1 : readNumber(bytes, 0);
  }

  /** Whether the lock file is still the one that was opened. */
  get hasSameLockFile(): boolean {
    return statsOf(this.#folder, LOCK_FILE).identity === this.#lockIdentity;
  }

  /** Changes whenever the data file does. */
  dataState(): string {
    const file = statSync(join(this.#folder, DATA_FILE), { throwIfNoEntry: false });
    return file === undefined ? "" : `${file.ino}:${file.size}:${file.mtimeMs}`;
  }

  /** Keeps a damaged data file under another name. */
  moveDataAway(): void {
    const path = join(this.#folder, DATA_FILE);
    const modifiedAt = statSync(path).mtime.toISOString().replaceAll(":", "");
    renameSync(path, join(this.#folder, DAMAGED_PREFIX + modifiedAt));
  }

  close(): void {
    this.#data.close();
  }
}

function statsOf(folder: string, name: string): Stats {
  const file = statSync(join(folder, name), { bigint: true, throwIfNoEntry: false });
  return { identity: file === undefined ? "" : identityIn(file), sizeBytes: Number(file?.size ?? 0) };
}

function identityIn({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * A descriptor of the file that this process has open. The lock file must not be opened again: closing any descriptor
 * of it would end all locks that the process has on it, and others would set it up anew under a running write.
 */
function descriptorOf(identity: string): number | undefined {
  try {
    return readdirSync("/dev/fd")
      .map(Number)
      .find((fd) => identityOf(fd) === identity);
  } catch {
    return undefined;
  }
}

/** `undefined`: the descriptor is not open. */
function identityOf(fd: number): string | undefined {
  try {
    return identityIn(fstatSync(fd, { bigint: true }));
  } catch {
    return undefined;
  }
}
