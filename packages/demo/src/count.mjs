// @ts-check
/** Compares the messages in the queue with the schedule. Reads only the queue and the store; asks no node. */

import { createClient } from "@beatx/core";
import { storeProvider } from "@beatx/store-lmdb";
import { readMessages } from "./queue-folder.mjs";
import { schedule } from "./schedule.mjs";

/** @typedef {{ entry: string, expected: number, queued: number, missed: number, repeated: number }} Count */

/**
 * Counts each entry's occurrences from its first instant to the last one that is settled in the store.
 *
 * @param {{ store: string, queue: string }} folders
 * @param {number} storedAt epoch ms at which all entries were stored; every instant after it must be in the queue
 * @returns {Promise<Count[]>}
 */
export async function countOccurrences(folders, storedAt) {
  const messages = await readMessages(folders.queue);
  const client = createClient({
    store: `lmdb:${encodeURI(folders.store)}`,
    stores: [storeProvider],
    namespace: "demo",
  });
  const views = await client.list();
  await client.close();
  return views.map(({ name, nextRunAt }) => {
    const instants = messages.filter(({ entry }) => entry === name).map(({ scheduledAt }) => scheduledAt);
    const rule = schedule[/** @type {keyof typeof schedule} */ (name)].schedule;
    const expected = listInstants(rule, Math.min(storedAt, ...instants.map((instant) => instant - 1)), nextRunAt);
    const found = new Set(instants);
    return {
      entry: name,
      expected: expected.length,
      queued: instants.length,
      missed: expected.filter((instant) => !found.has(instant)).length,
      repeated: instants.length - found.size,
    };
  });
}

/**
 * The rule's instants after `from` and before `end`.
 *
 * @param {import("@beatx/core").Schedule} rule
 * @param {number} from
 * @param {number | null} end
 */
function listInstants(rule, from, end) {
  const instants = [];
  for (let next = rule.next(from); next !== null && next < (end ?? Infinity); next = rule.next(next)) {
    instants.push(next);
  }
  return instants;
}
