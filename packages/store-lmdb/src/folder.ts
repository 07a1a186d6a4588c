import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "@beatx/core/adapter";

/**
 * Makes sure that the folder exists, with its parents; answers its path, absolute and without symbolic links.
 *
 * @throws ConfigError when it cannot be created.
 */
export function createFolder(folder: string): string {
  try {
    const path = resolve(folder);
    createWithParents(path);
    return realpathSync(path);
  } catch (cause) {
    throw unusableFolder(folder, cause);
  }
}

/** The error for a folder in which no store can be kept. */
export function unusableFolder(folder: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const advice = "name a folder of a local disk that this user may write to";
  const message = `cannot keep a store in the folder ${JSON.stringify(folder)} (${reason}): ${advice}`;
  return new ConfigError(message, { field: "store", cause });
}

/** Not `mkdir` with `recursive`: that never returns where folders cannot be made and the system says ENOENT (/proc). */
function createWithParents(path: string): void {
  if (existsSync(path)) return;
  createWithParents(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was faster
  }
}
