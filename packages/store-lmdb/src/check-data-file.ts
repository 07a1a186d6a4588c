import { openSync } from "node:fs";
import { checkPages } from "./check-pages.js";
import { DamagedFileError, DataFile, hasKnownLayout, type Meta, readNewestMeta } from "./data-file.js";

/** Other processes may write meanwhile; then the file is checked again, this many times in all. */
const TRIES = 10;

/**
 * Checks the file before LMDB opens it: for a damaged file it would end the whole process with a signal, at once or later.
 * Takes about as long as reading the file. An empty file is new.
 *
 * @throws DamagedFileError
 */
export function checkDataFile(path: string): void {
  const file = new DataFile(openSync(path, "r"));
  try {
    if (file.sizeBytes > 0 && hasKnownLayout) checkUnmoved(file);
  } finally {
    file.close();
  }
}

export function isWhole(file: DataFile): boolean {
  try {
    checkUnmoved(file);
    return true;
  } catch (error) {
    if (error instanceof DamagedFileError) return false;
    throw error;
  }
}

/**
 * A page that is free after a transaction may be overwritten by the next one but one, so only an unmoved file shows
 * damage.
 */
function checkUnmoved(file: DataFile): void {
  for (let tries = 1; ; tries += 1) {
    const meta = readNewestMeta(file);
    const damage = damageIn(file, meta);
    if (damage === undefined) return;
    if (readNewestMeta(file).transaction === meta.transaction) throw damage;
    if (tries === TRIES) return; // another process writes transaction after transaction, so the file works
  }
}

function damageIn(file: DataFile, meta: Meta): DamagedFileError | undefined {
  try {
    checkPages(file, meta);
    return undefined;
  } catch (error) {
    if (error instanceof DamagedFileError) return error;
    throw error;
  }
}
