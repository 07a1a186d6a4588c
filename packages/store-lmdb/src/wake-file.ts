import { watch } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/**
 * Hints between processes: whoever has something to tell touches a file, whoever wants to hear watches it. Nothing
 * depends on them, so that a system that cannot watch files (or no more of them) costs promptness and nothing else.
 */
const WAKE_FILE = "wake";

/** Touching changes nothing but the times of the file: the watchers get one event. */
export async function touchWakeFile(folder: string, now: number): Promise<void> {
  try {
    const file = await open(join(folder, WAKE_FILE), "a");
    await file.utimes(now / 1000, now / 1000).finally(() => file.close());
  } catch {
    // a hint that did not go out; the standbys poll
  }
}

/** Calls `onHint` whenever the file is touched, until the answered function is called. */
export async function watchWakeFile(folder: string, now: number, onHint: () => void): Promise<() => void> {
  await touchWakeFile(folder, now); // only what exists can be watched
  try {
    const watcher = watch(join(folder, WAKE_FILE), { persistent: false }, onHint);
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
