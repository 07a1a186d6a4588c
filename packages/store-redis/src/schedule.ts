import type { Store } from "@beatx/core";
import {
  type ChangeResult,
  checkValueSize,
  type DefinitionChange,
  type Lease,
  LockLostError,
  RECORD_SLOTS,
  type StoredEntry,
  StoreError,
} from "@beatx/core/adapter";
import { randomBytes } from "node:crypto";
import { batches } from "@beatx/shared-redis";
import type { StoreConnection } from "./connect.js";
import { recordField, type RedisKeys } from "./keys.js";
import { lockValue } from "./lock.js";
import { readPage } from "./page.js";
import { entriesOf, type EntryColumns, storedEntry } from "./rows.js";
import { BEGIN_READING, GET_REVISION, READ_NAMED, READ_PAGE, READ_RECORDS, SET_SCHEDULE } from "./schedule-scripts.js";

export type ScheduleCommands = Pick<
  Store,
  "getRevision" | "getSchedule" | "getEntries" | "listEntries" | "setSchedule"
> &
  Required<Pick<Store, "getHistory">>;

/** Definitions in one page of a complete reading: the server is held for about two milliseconds. */
const PAGE_SIZE = 500;
/** Entries that are read by name in one script: the server is held for less than a millisecond. */
const PARTIAL_BATCH_SIZE = 1_000;
/** Above this many changes a complete reading costs less. */
const PARTIAL_LIMIT = 5000;
/** Removed names that are kept for partial readings. */
const REMOVALS_KEPT = 10_000;
/** The server is held for about two milliseconds. */
const CHANGES_PER_SCRIPT = 400;
/** Characters of definitions in one script, unless a single one is longer. */
const CHANGES_SIZE_PER_SCRIPT = 4 * 1024 * 1024;

const WHAT_READ = "read the schedule";

export function scheduleCommands(
  connection: StoreConnection,
  keys: RedisKeys,
  incarnationGuard: boolean,
  maxValueBytes: number,
): ScheduleCommands {
  const guard = incarnationGuard ? 1 : 0;
  const readRevision = async (what: string, life: string): Promise<string> =>
    (await connection.runScript(what, GET_REVISION, [keys.revision], [guard, life])) as string;
  /** A scan that continues on another server process or on other data may miss entries. */
  const checkSameData = async (before: string, life: string): Promise<void> => {
    if (dataOf(await readRevision(WHAT_READ, life)) === dataOf(before)) return;
    throw new StoreError("could not read the schedule: the server was restarted, replaced or emptied meanwhile");
  };
  return {
    getRevision: () => readRevision("read the revision", newLife()),
    async getSchedule(since = "") {
      const { revision, changes, removals, floor, definitions } = keys;
      const readKeys = [revision, changes, removals, floor, definitions];
      const life = newLife();
      const args = [guard, life, since, PARTIAL_LIMIT];
      const answer = await connection.runScript(WHAT_READ, BEGIN_READING, readKeys, args);
      const [current, names] = answer as [string, string[] | undefined];
      return names === undefined
        ? { revision: current, complete: true, batches: readAll(connection, keys, () => checkSameData(current, life)) }
        : { revision: current, complete: false, batches: readNamed(connection, keys, names, current) };
    },
    getEntries: (names) => readExisting(connection, keys, names),
    getHistory: (name) => readRecords(connection, keys, name),
    listEntries: (request) => readPage(connection, keys, request),
    async setSchedule(changes: readonly DefinitionChange[], lease?: Lease) {
      for (const { name, definition } of changes) checkValueSize("redis", name, definition ?? "", maxValueBytes);
      const sizeOf = (change: DefinitionChange): number => change.definition?.length ?? 0;
      const parts = [...batches(changes, CHANGES_PER_SCRIPT, CHANGES_SIZE_PER_SCRIPT, sizeOf)];
      // All scripts are sent at once and run one after the other: many changes cost one round trip.
      const results = await Promise.all(parts.map((batch) => setBatch(connection, keys, batch, lease)));
      return results.flat();
    },
  };
}

/** Reads pages with HSCAN: HGETALL would block the server. HSCAN may repeat a name while the hash grows or shrinks. */
async function* readAll(
  connection: StoreConnection,
  keys: RedisKeys,
  checkSameData: () => Promise<void>,
): AsyncGenerator<readonly StoredEntry[]> {
  const seen = new Set<string>();
  const scan = (position: string): Promise<readonly [position: string, ...EntryColumns]> => {
    const page = connection.runScript(WHAT_READ, READ_PAGE, [keys.definitions, keys.cursors], [position, PAGE_SIZE]);
    page.catch(() => undefined); // It may fail before it is awaited, or never be awaited.
    return page as Promise<[string, ...EntryColumns]>;
  };
  let next: Promise<readonly [string, ...EntryColumns]> | undefined = scan("0");
  while (next !== undefined) {
    const [position, ...columns]: readonly [string, ...EntryColumns] = await next;
    // Fetch the next page while this one is processed.
    next = position === "0" ? undefined : scan(position);
    const page = entriesOf(columns).filter(({ name }) => !seen.has(name));
    for (const { name } of page) seen.add(name);
    if (page.length > 0) yield page;
  }
  await checkSameData();
}

/** The life of the data and the server process in a revision: all but the number. */
function dataOf(revision: string): string {
  return revision.slice(revision.indexOf("."));
}

async function* readNamed(
  connection: StoreConnection,
  keys: RedisKeys,
  names: readonly string[],
  revision: string,
): AsyncGenerator<readonly StoredEntry[]> {
  for (const batch of batches([...new Set(names)], PARTIAL_BATCH_SIZE, Infinity, () => 0)) {
    const answer = await connection.runScript(WHAT_READ, READ_NAMED, [keys.definitions, keys.cursors], batch);
    yield entriesOf(answer as EntryColumns, revision);
  }
}

/** All batches are asked for at once, so many names cost one round trip. */
async function readExisting(
  connection: StoreConnection,
  keys: RedisKeys,
  names: readonly string[],
): Promise<StoredEntry[]> {
  const parts = [...batches(names, PARTIAL_BATCH_SIZE, Infinity, () => 0)];
  const answers = await Promise.all(
    parts.map((part) => connection.runScript(WHAT_READ, READ_NAMED, [keys.definitions, keys.cursors], part)),
  );
  const entries = answers.flatMap((answer) => entriesOf(answer as EntryColumns));
  return entries.filter(({ definition }) => definition !== null);
}

async function readRecords(connection: StoreConnection, keys: RedisKeys, name: string): Promise<string[]> {
  const fields = Array.from({ length: RECORD_SLOTS }, (_, slot) => recordField(slot, name));
  return (await connection.runScript("read the history", READ_RECORDS, [keys.history], fields)) as string[];
}

type ChangeAnswer =
  readonly ["DONE", revision: string] | readonly ["CONFLICT", text: string | null, cursor: string | null];

async function setBatch(
  connection: StoreConnection,
  keys: RedisKeys,
  changes: readonly DefinitionChange[],
  lease: Lease | undefined,
): Promise<ChangeResult[]> {
  const { lock, definitions, cursors, revision, changes: changed, removals, floor, names, history, wake } = keys;
  const args = [lease ? lockValue(lease) : "", newLife(), wake, REMOVALS_KEPT];
  for (const { name, definition, expectedRevision } of changes) {
    args.push(name, optional(definition), optional(expectedRevision));
  }
  const setKeys = [lock, definitions, cursors, revision, changed, removals, floor, names, history];
  const answers = await connection.runScript("write definitions", SET_SCHEDULE, setKeys, args);
  if (answers === "LOST") throw new LockLostError();
  return (answers as ChangeAnswer[]).map((answer, index): ChangeResult => {
    if (answer[0] === "DONE") return { status: "done", revision: answer[1] };
    const [, text, cursor] = answer;
    return { status: "conflict", entry: text === null ? null : storedEntry(changes[index]!.name, text, cursor) };
  });
}

/** For data that has no life yet. */
function newLife(): string {
  return randomBytes(8).toString("hex");
}

/** An argument that may be absent, distinct from every text. */
function optional(text: string | null): string {
  return text === null ? "-" : `+${text}`;
}
