import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statfsSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { checkDataFile } from "./check-data-file.js";
import { hasKnownLayout } from "./data-file.js";
import { DATA_FILE, LOCK_FILE } from "./watched-files.js";

/** LMDB maps the lock file into memory. If the disk has no space for this part, the first access ends the process. */
const LOCK_FILE_BYTES = 4096;
const SPACE_BYTES = 65_536;
const LOCK_MAGIC = Buffer.from("dec0efbe", "hex");

/**
 * Checks the folder's files before LMDB opens them: if `open` of lmdb-js fails, it often ends the whole process with a
 * signal. @throws DamagedFileError, or an error with the system's code.
 */
export function checkFiles(folder: string): void {
  const data = usableFile(join(folder, DATA_FILE));
  const lock = usableFile(join(folder, LOCK_FILE));
  if (data === undefined || lock === undefined) accessSync(folder, constants.W_OK | constants.X_OK);
  if (lock === undefined || lock.blocks * 512 < LOCK_FILE_BYTES) checkSpace(folder);
  if (data !== undefined) checkDataFile(join(folder, DATA_FILE));
  if (lock !== undefined && hasKnownLayout) removeForeignLock(join(folder, LOCK_FILE));
}

/** `undefined`: the file is missing. @throws an error if it is no file, or may not be read and written. */
function usableFile(path: string): Stats | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const stats = statSync(path); // throws for a link to nothing
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  closeSync(openSync(path, "r+"));
  return stats;
}

function checkSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= SPACE_BYTES) return;
  throw Object.assign(new Error(`ENOSPC: only ${bavail * bsize} bytes of the disk are free`), { code: "ENOSPC" });
}

/** LMDB refuses it while another process has it open. It holds no data. One that begins with zeros is being created. */
function removeForeignLock(path: string): void {
  const start = Buffer.alloc(LOCK_MAGIC.length);
  const file = openSync(path, "r");
  const length = readSync(file, start);
  closeSync(file);
  if (length > 0 && !start.equals(LOCK_MAGIC) && start.some((byte) => byte !== 0)) unlinkSync(path);
}
