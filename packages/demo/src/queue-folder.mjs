// @ts-check
/**
 * A message queue in a folder, so that the demo needs no server: one file per message, named by the message's id. It refuses
 * a second copy, like a consumer that remembers ids.
 */

import { link, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** @typedef {{ entry: string, scheduledAt: number, node: string }} QueuedMessage */

/**
 * Resolves to `false` if the queue already has the message.
 *
 * @param {string} folder
 * @param {string} id
 * @param {QueuedMessage} message
 * @returns {Promise<boolean>}
 */
export async function putMessage(folder, id, message) {
  // A link appears whole or not at all, so a process that is killed here leaves no partial message.
  const draft = join(folder, `.${id}.${process.pid}`);
  await writeFile(draft, JSON.stringify(message));
  try {
    await link(draft, join(folder, id));
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

/**
 * @param {string} folder
 * @returns {Promise<QueuedMessage[]>}
 */
export async function readMessages(folder) {
  const ids = (await readdir(folder)).filter((name) => !name.startsWith("."));
  return Promise.all(ids.map(async (id) => JSON.parse(await readFile(join(folder, id), "utf8"))));
}
