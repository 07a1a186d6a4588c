/** A whole schedule as JSON: definitions with their state. */

import { describe, quoteName } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import { isPlainObject, type JsonObject } from "../base/json.js";
import { readAppRecord } from "../entry/app-record.js";
import { readClusterRecord, NO_CLUSTER_RECORD } from "../entry/cluster-record.js";
import { type Cursor, decodeCursor, encodeCursor } from "../entry/cursor.js";
import {
  APP_PREFIX,
  type AppDefinition,
  CLUSTER_RECORD,
  type ClusterDefinition,
  decodeDefinition,
  type Definition,
  RUN_PREFIX,
} from "../entry/definition.js";
import { RESERVED_PREFIX } from "../entry/entry.js";

/** Increases with every incompatible change of the form. */
export const EXPORT_FORMAT = 1;

/** What `client.export` answers: JSON. */
export interface ScheduleExport {
  readonly beatx: "export";
  readonly format: number;
  readonly namespace: string;
  /** ISO 8601, by cluster time. */
  readonly exportedAt: string;
  /** `true`: nothing has been sent since, because all nodes have been kept from leading. */
  readonly held: boolean;
  /** In the order of their names. */
  readonly records: readonly ExportedRecord[];
  /** What is stored and cannot be read, so it is not among the records. */
  readonly unreadable: readonly { readonly name: string; readonly message: string }[];
}

/** Everything that is stored under one name. */
export interface ExportedRecord {
  readonly name: string;
  /** An entry, a requested run, the tombstone of a removed entry, or what the nodes know of the whole schedule. */
  readonly definition: JsonObject;
  /** How far it has come; `null`: it has never run. */
  readonly cursor: JsonObject | null;
}

/** A record that has been read. */
export interface MovedRecord {
  readonly name: string;
  readonly definition: Definition;
  readonly cursor: Cursor | null;
}

/** An export that has been checked. */
export interface ReadExport {
  readonly records: readonly MovedRecord[];
  readonly cluster: ClusterDefinition | null;
  readonly apps: ReadonlyMap<string, AppDefinition>;
}

/** Whether a stored name is part of an export: not what a leader tells of itself. */
export function isExported(name: string): boolean {
  if (!name.startsWith(RESERVED_PREFIX)) return true;
  return name === CLUSTER_RECORD || name.startsWith(APP_PREFIX) || name.startsWith(RUN_PREFIX);
}

/** @throws ConfigError that names the record and what is wrong with it */
export function readExport(given: unknown): ReadExport {
  if (!isPlainObject(given) || given["beatx"] !== "export" || !Array.isArray(given["records"])) {
    throw new ConfigError(`${describe(given)} is no export: expected what "beatx export" has written`, {
      field: "export",
    });
  }
  if (given["format"] !== EXPORT_FORMAT) {
    const found = describe(given["format"]);
    throw new ConfigError(
      `the export has format ${found}, and this version of beatx reads only ${EXPORT_FORMAT}: upgrade it`,
      { field: "format" },
    );
  }
  const records: MovedRecord[] = [];
  const apps = new Map<string, AppDefinition>();
  let cluster: ClusterDefinition | null = null;
  const seen = new Set<string>();
  for (const [index, record] of (given["records"] as unknown[]).entries()) {
    const { name, text, cursor } = readRecord(record, index);
    if (seen.has(name)) throw damaged(name, "it comes twice");
    seen.add(name);
    const stored = { name, definition: text, revision: "export", cursor: null };
    if (name === CLUSTER_RECORD) cluster = readCluster(stored);
    else if (name.startsWith(APP_PREFIX)) apps.set(name.slice(APP_PREFIX.length), readApp(stored));
    else if (isExported(name)) records.push({ name, ...readState(name, text, cursor) });
    else throw damaged(name, "its name is reserved");
  }
  return { records, cluster, apps };
}

function readRecord(record: unknown, index: number): { name: string; text: string; cursor: unknown } {
  if (!isPlainObject(record) || typeof record["name"] !== "string" || !isPlainObject(record["definition"])) {
    throw new ConfigError(`records[${index}] of the export is damaged: expected an object with name and definition`, {
      field: `records[${index}]`,
    });
  }
  return { name: record["name"], text: JSON.stringify(record["definition"]), cursor: record["cursor"] ?? null };
}

function readState(name: string, text: string, cursor: unknown): Omit<MovedRecord, "name"> {
  try {
    const definition = decodeDefinition(name, text);
    return { definition, cursor: cursor === null ? null : decodeCursor(name, JSON.stringify(cursor)) };
  } catch (error) {
    if (!BeatxError.isInstance(error)) throw error;
    throw damaged(name, error.message.split(". ")[0]!);
  }
}

function readCluster(stored: { name: string; definition: string; revision: string; cursor: null }): ClusterDefinition {
  const { error, configVersion, lockTtlMs, delivery } = readClusterRecord(stored, NO_CLUSTER_RECORD);
  if (error || lockTtlMs === null || delivery === null) throw damaged(stored.name, "it is no cluster record");
  return { kind: "cluster", configVersion, lockTtlMs, delivery };
}

function readApp(stored: { name: string; definition: string; revision: string; cursor: null }): AppDefinition {
  const { definition } = readAppRecord(stored, undefined);
  if (definition === null) throw damaged(stored.name, "it is no record of an application");
  return definition;
}

function damaged(name: string, why: string): ConfigError {
  return new ConfigError(`the record ${quoteName(name)} of the export is damaged: ${why}`, { field: name });
}

/** The cursor as JSON. */
export function cursorToJson(cursor: Cursor): JsonObject {
  return JSON.parse(encodeCursor(cursor)) as JsonObject;
}
