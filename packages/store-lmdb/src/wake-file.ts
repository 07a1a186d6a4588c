import { watch } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/**
 * Hints between processes: the sender touches a file, and the receivers watch it. Nothing depends on hints: on a system
 * that cannot watch files, or no more of them, changes are only noticed later.
 */
const WAKE_FILE = "wake";

/** Changes only the times of the file, so watchers get one event. */
export async function touchWakeFile(folder: string, now: number): Promise<void> {
  try {
    const file = await open(join(folder, WAKE_FILE), "a");
    await file.utimes(now / 1000, now / 1000).finally(() => file.close());
  } catch {
    // the hint is lost, but standbys poll
  }
}

/** Calls `onHint` whenever the file is touched, until the returned function is called. */
export async function watchWakeFile(folder: string, now: number, onHint: () => void): Promise<() => void> {
  await touchWakeFile(folder, now); // only an existing file can be watched
  try {
    const watcher = watch(join(folder, WAKE_FILE), { persistent: false }, onHint);
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
