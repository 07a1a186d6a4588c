import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { cannotOpen } from "./errors.js";

/**
 * Creates the folder and its parents if they are missing. Returns its path, absolute and without symbolic links.
 *
 * @throws ConfigError if it cannot be created.
 */
export function createFolder(folder: string): string {
  try {
    const path = resolve(folder);
    createWithParents(path);
    return realpathSync(path);
  } catch (cause) {
    throw cannotOpen(folder, cause);
  }
}

/** `mkdir` with `recursive` is no option: it never returns if the system answers ENOENT to it, as in /proc. */
function createWithParents(path: string): void {
  if (existsSync(path)) return;
  createWithParents(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was faster
  }
}
