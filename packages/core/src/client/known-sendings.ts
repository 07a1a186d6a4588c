import { inSlices } from "../base/slices.js";
import type { RunRecord } from "../entry/run-record.js";
import type { KnownSendings } from "../timetable/backfill-plan.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import { readableCursor } from "../timetable/start.js";
import type { Connection } from "./connection.js";
import { readRecords } from "./history.js";

/** What the history of the entry says about its past instants. @throws StoreError */
export async function readKnownSendings({ store, clock }: Connection, live: LiveEntry): Promise<KnownSendings> {
  const records = readRecords(live.name, await store.getHistory(live.name));
  return inSlices(clock, knownSendings(live, records));
}

/** The most instants that are looked at between two records: one that sent several names the newest alone. */
const MOST_BETWEEN = 20_000;

/** `records`: the newest first. Yields from time to time, so that the caller can pause. */
function* knownSendings(live: LiveEntry, records: readonly RunRecord[]): Generator<void, KnownSendings> {
  const sent = new Set<number>();
  for (const { note } of records) for (const { at } of note.manual ?? []) sent.add(at);
  const bySchedule = withoutGap(live, records).filter(({ note }) => countOf(note) + (note.skipped ?? 0) > 0);
  const hasNeverRun = live.cursorText === null && records.length === 0;
  let since = bySchedule[0]?.cursor.at ?? (hasNeverRun ? -Infinity : Infinity);
  let before = since - 1;
  for (const { cursor, note } of bySchedule) {
    const instants = yield* lastInstants(live.rule, before, cursor.at, countOf(note));
    if (instants === null) since = cursor.at;
    for (const instant of instants ?? []) sent.add(instant);
    if (countOf(note) > 0) sent.add(cursor.at);
    before = cursor.at;
  }
  return { sent, since };
}

/**
 * The newest records that account for every occurrence that the cursor has counted, the oldest first. A record may be missing in
 * between: it was lost, cannot be read, or a leader kept fewer or none. What lies before such a gap says nothing.
 */
function withoutGap({ name, cursorText }: LiveEntry, records: readonly RunRecord[]): RunRecord[] {
  const settled = readableCursor(name, cursorText);
  const found: RunRecord[] = [];
  let runs = settled?.runs;
  for (const record of records) {
    // The leader has gone on since the cursor was read.
    if (settled && found.length === 0 && record.cursor.at > settled.at) continue;
    if (record.cursor.runs !== runs) break;
    found.unshift(record);
    runs -= countOf(record.note);
  }
  return found;
}

function countOf({ count = 1 }: RunRecord["note"]): number {
  return count;
}

/** The last `count` instants after `from` up to `to`; `null`: there are too many to look at. */
function* lastInstants(
  { schedule }: LiveEntry["rule"],
  from: number,
  to: number,
  count: number,
): Generator<void, readonly number[] | null> {
  if (count < 2) return [];
  const instants: number[] = [];
  for (let next = schedule.next(from); next !== null && next <= to; next = schedule.next(next)) {
    if (instants.push(next) > MOST_BETWEEN) return null;
    yield;
  }
  return instants.slice(-count);
}
