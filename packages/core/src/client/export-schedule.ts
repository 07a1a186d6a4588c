import { compareNames } from "../base/name-order.js";
import { BeatxError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { readFields, readFlag, refuseUnknownFields } from "../base/known-fields.js";
import { Slices } from "../base/slices.js";
import type { StoredEntry } from "../contract/store.js";
import { readAppRecord } from "../entry/app-record.js";
import { NO_CLUSTER_RECORD, readClusterRecord } from "../entry/cluster-record.js";
import { readCursor } from "../entry/cursor.js";
import { APP_PREFIX, CLUSTER_RECORD, decodeDefinition, encodeDefinition } from "../entry/definition.js";
import { type Connection, timeOf } from "./connection.js";
import { endHold, type OnWait, placeHold, underLease } from "./hold.js";
import { readNames } from "./read-entries.js";
import {
  cursorToJson,
  EXPORT_FORMAT,
  type ExportedRecord,
  isExported,
  type ScheduleExport,
} from "./schedule-export.js";

export interface ExportOptions {
  /**
   * `true`: all nodes end their terms, and none leads until `release`: so nothing is sent while the schedule moves, nor after it.
   * Default `false`: a copy of what is stored at some moment, while the nodes go on.
   */
  readonly hold?: boolean;
  /** Called with what a wait is for. */
  readonly onWait?: OnWait;
}

/** @throws BeatxError `CONFLICT` if a node goes on leading although the schedule is held; StoreError */
export async function exportSchedule(connection: Connection, given: ExportOptions): Promise<ScheduleExport> {
  const known = ["hold", "onWait"] as const;
  const { hold, onWait = () => undefined } = readFields("the options of an export", given, known);
  refuseUnknownFields("the options of an export", given, known);
  if (!readFlag("hold", hold)) return readAll(connection, false);
  const isPlaced = await placeHold(connection, "export");
  try {
    const { lockTtlMs } = (await readNames(connection, [CLUSTER_RECORD])).cluster;
    // The leader has let the lease go: what it has sent is stored.
    return await underLease(connection, lockTtlMs, onWait, () => readAll(connection, true));
  } catch (error) {
    if (isPlaced) await endHold(connection).catch(() => undefined);
    throw error;
  }
}

async function readAll(connection: Connection, held: boolean): Promise<ScheduleExport> {
  const records: ExportedRecord[] = [];
  const unreadable: { name: string; message: string }[] = [];
  const slices = new Slices(connection.clock);
  const exportedAt = new Date(await timeOf(connection)).toISOString();
  for await (const batch of (await connection.store.getSchedule()).batches) {
    for (const stored of batch) {
      if (stored.definition === null || !isExported(stored.name)) continue;
      try {
        records.push(exported(stored, stored.definition));
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        unreadable.push({ name: stored.name, message: error.message });
      }
      if (slices.isOver) await slices.next();
    }
  }
  records.sort((a, b) => compareNames(a.name, b.name));
  const { namespace } = connection;
  return { beatx: "export", format: EXPORT_FORMAT, namespace, exportedAt, held, records, unreadable };
}

/** A cursor that no longer counts is left out, and with it what says so (R28). @throws BeatxError `BAD_ENTRY` */
function exported(stored: StoredEntry, text: string): ExportedRecord {
  const { name } = stored;
  if (name === CLUSTER_RECORD || name.startsWith(APP_PREFIX))
    return { name, definition: ownRecord(stored, text), cursor: null };
  const definition = decodeDefinition(name, text);
  const cursor = readCursor(name, stored.cursor, definition);
  const { ignoredCursor: _ignored, ...kept } = { ignoredCursor: undefined, ...definition };
  const json = JSON.parse(encodeDefinition(kept)) as JsonObject;
  return { name, definition: json, cursor: cursor && cursorToJson(cursor) };
}

/** @throws BeatxError `BAD_ENTRY` for one that cannot be read */
function ownRecord(stored: StoredEntry, text: string): JsonObject {
  const { error } = readClusterRecord(stored, NO_CLUSTER_RECORD);
  if (stored.name === CLUSTER_RECORD && error) throw error;
  if (stored.name !== CLUSTER_RECORD && readAppRecord(stored, undefined).definition === null) {
    throw new BeatxError("BAD_ENTRY", "the record of the application cannot be read: its nodes write it anew");
  }
  return JSON.parse(text) as JsonObject;
}
