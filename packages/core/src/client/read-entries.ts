/** What a client reads: some names, pages of names, or everything. Each reading makes a timetable of its own. */

import { Slices } from "../base/slices.js";
import type { StoredEntry } from "../contract/store.js";
import { readNewTypes } from "../sync/read-new-types.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import { Timetable } from "../timetable/timetable.js";
import { type Connection, timeOf } from "./connection.js";

/** Names that are read, or pages that are asked for, at once. */
const AT_ONCE = 500;

/** The entries of these names; its cost does not grow with the schedule. @throws StoreError */
export async function readNames(connection: Connection, names: readonly string[]): Promise<Timetable> {
  return timetableOf(connection, await connection.store.getEntries(names));
}

/** Everything that is stored. @throws StoreError */
export async function readEverything(connection: Connection): Promise<Timetable> {
  return fill(connection, (await connection.store.getSchedule()).batches);
}

/** Everything that is stored, a part at a time, in no order: no more of it is kept in memory. @throws StoreError */
export async function* readInParts(connection: Connection): AsyncGenerator<Timetable> {
  const { batches } = await connection.store.getSchedule();
  for await (const batch of batches) yield timetableOf(connection, batch);
}

/** The time at which entries are viewed, epoch ms: of the cluster if a pause of one may have ended, since only that needs it. */
export async function timeToView(connection: Connection, entries: Iterable<LiveEntry>): Promise<number> {
  for (const { rule } of entries) if (rule.pausedUntil !== undefined) return timeOf(connection);
  return connection.clock.now();
}

/** Which names are read. */
export interface NamesToRead {
  /** Only names that begin with this text. */
  readonly prefix?: string | undefined;
  /** Only names after this one. */
  readonly after?: string | undefined;
}

/** Pages in the order of the names. `limit`: of entries in a page, unless that is more than are read at once. @throws StoreError */
export async function* readPages(
  connection: Connection,
  { prefix = "", after }: NamesToRead,
  limit: number = AT_ONCE,
): AsyncGenerator<Timetable> {
  let next: string | null | undefined = after;
  do {
    const start = next === undefined ? {} : { after: next };
    const page = await connection.store.listEntries({ prefix, ...start, limit: Math.min(limit, AT_ONCE) });
    yield await timetableOf(connection, page.entries);
    next = page.next;
  } while (next !== null);
}

/** A timetable of these entries alone. */
export function timetableOf(connection: Connection, entries: readonly StoredEntry[]): Promise<Timetable> {
  return fill(connection, [entries]);
}

/** A new timetable of these entries. Packages of schedule types that they need are looked for. */
async function fill(
  { types, parseRule, clock }: Connection,
  batches: AsyncIterable<readonly StoredEntry[]> | Iterable<readonly StoredEntry[]>,
): Promise<Timetable> {
  const timetable = new Timetable(parseRule);
  const slices = new Slices(clock);
  for await (const batch of batches) {
    for (const stored of batch) {
      timetable.apply(stored, true);
      if (slices.isOver) await slices.next();
    }
  }
  await readNewTypes(timetable, types, true);
  return timetable;
}
