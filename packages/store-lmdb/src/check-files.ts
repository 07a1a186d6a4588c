import { accessSync, constants, lstatSync, type Stats, statfsSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { checkDataFile } from "./check-data-file.js";
import { DATA_FILE, LOCK_FILE } from "./watched-files.js";

/** LMDB maps the lock file into memory. If the disk has no space for this part, the first access ends the process. */
const LOCK_FILE_BYTES = 4096;
const SPACE_BYTES = 65_536;

/**
 * Checks the folder's files before LMDB opens them: if `open` of lmdb-js fails, it often ends the whole process with a
 * signal. Never opens the lock file: closing it would end the locks that this process's LMDB has on it, in any thread.
 *
 * @throws DamagedFileError, or an error with the system's code.
 */
export function checkFiles(folder: string): void {
  const data = usableFile(join(folder, DATA_FILE));
  const lock = usableFile(join(folder, LOCK_FILE));
  if (data === undefined || lock === undefined) accessSync(folder, constants.W_OK | constants.X_OK);
  if (lock === undefined || lock.blocks * 512 < LOCK_FILE_BYTES) checkSpace(folder);
  if (data !== undefined) checkDataFile(join(folder, DATA_FILE));
  if (lock !== undefined && isTooShort(lock)) unlinkSync(join(folder, LOCK_FILE));
}

/** `undefined`: the file is missing. @throws an error if it is no file, or may not be read and written. */
function usableFile(path: string): Stats | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const stats = statSync(path); // throws for a link to nothing
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  accessSync(path, constants.R_OK | constants.W_OK);
  return stats;
}

function checkSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= SPACE_BYTES) return;
  throw Object.assign(new Error(`ENOSPC: only ${bavail * bsize} bytes of the disk are free`), { code: "ENOSPC" });
}

/** LMDB would end this process if another one has such a file open. It holds no data. An empty one is being created. */
function isTooShort(lock: Stats): boolean {
  return lock.size > 0 && lock.size < LOCK_FILE_BYTES;
}
