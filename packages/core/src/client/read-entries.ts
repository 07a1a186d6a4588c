/** What a client reads: some names, pages of names, or everything. Each reading makes a timetable of its own. */

import { inSlices } from "../base/slices.js";
import type { StoredEntry } from "../contract/store.js";
import { ScheduleFollower } from "../sync/schedule-follower.js";
import { Timetable } from "../timetable/timetable.js";
import type { Connection } from "./connection.js";

/** Names that are read, or pages that are asked for, at once. */
const AT_ONCE = 500;

/** The entries of these names; its cost does not grow with the schedule. @throws StoreError */
export async function readNames(connection: Connection, names: readonly string[]): Promise<Timetable> {
  return timetableOf(connection, await connection.store.getEntries(names));
}

/** Everything that is stored. @throws StoreError */
export async function readEverything({ store, types, parseRule, clock }: Connection): Promise<Timetable> {
  const timetable = new Timetable(parseRule);
  await new ScheduleFollower(store, timetable, types, clock, { keepsLost: false }).loadAll();
  return timetable;
}

/** Everything that is stored, a part at a time, in no order: no more of it is kept in memory. @throws StoreError */
export async function* readInParts(connection: Connection): AsyncGenerator<Timetable> {
  const { batches } = await connection.store.getSchedule();
  for await (const batch of batches) yield timetableOf(connection, batch);
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

/** A timetable of these entries alone. Packages of schedule types that they need are looked for. */
export async function timetableOf(
  { types, parseRule, clock }: Connection,
  entries: readonly StoredEntry[],
): Promise<Timetable> {
  const timetable = new Timetable(parseRule);
  await inSlices(clock, applyEach(timetable, entries));
  const unknown = [...timetable.broken.values()].filter(({ missingType }) => missingType !== undefined);
  if (unknown.length === 0) return timetable;
  await types.loadMissing(unknown.map(({ missingType }) => missingType!));
  const known = unknown.filter(({ missingType }) => types.has(missingType!));
  for (const { stored } of known) {
    timetable.drop(stored.name);
    timetable.apply(stored, true);
  }
  return timetable;
}

function* applyEach(timetable: Timetable, entries: readonly StoredEntry[]): Generator<void, void> {
  for (const stored of entries) {
    timetable.apply(stored, true);
    yield;
  }
}
