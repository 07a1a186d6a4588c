import assert from "node:assert/strict";
import type { Store } from "@beatx/core";
import type {
  CursorMove,
  DefinitionChange,
  Lease,
  MoveResult,
  PageRequest,
  ScheduleReading,
  StoredEntry,
} from "@beatx/core/adapter";

/** The entries that a node has read, by name. A Map, because a name may be `__proto__`. */
export type KnownEntries = ReadonlyMap<string, StoredEntry>;

/** The contract says "some hundreds"; this leaves room for servers that count roughly, and still catches one huge batch. */
const LARGEST_BATCH = 2000;

/** Collects a reading's entries and asserts the promises that hold for every reading. */
export async function collect(reading: ScheduleReading): Promise<Map<string, StoredEntry>> {
  const entries = new Map<string, StoredEntry>();
  for await (const batch of reading.batches) {
    assert.ok(batch.length <= LARGEST_BATCH, `a batch has ${batch.length} entries; the contract allows some hundreds`);
    for (const entry of batch) {
      assert.ok(!entries.has(entry.name), `${JSON.stringify(entry.name)} is in one reading twice`);
      if (reading.complete) assert.notEqual(entry.definition, null, "a complete reading contains a removed entry");
      entries.set(entry.name, entry);
    }
  }
  return entries;
}

/** All stored entries, from a complete reading. */
export async function readAll(node: Store): Promise<Map<string, StoredEntry>> {
  const reading = await node.getSchedule();
  assert.equal(reading.complete, true, "a reading without `since` must be complete");
  return collect(reading);
}

/** The entry as it is stored now; fails if there is none. */
export async function readEntry(node: Store, name: string): Promise<StoredEntry> {
  const entry = (await readAll(node)).get(name);
  assert.ok(entry, `${JSON.stringify(name)} is not stored`);
  return entry;
}

/** Reads on from `since` as core does: a complete reading replaces the known entries, a partial one updates them. */
export async function refresh(
  node: Store,
  known: KnownEntries,
  since: string,
): Promise<{ entries: Map<string, StoredEntry>; revision: string }> {
  const reading = await node.getSchedule(since);
  const changed = await collect(reading);
  const entries = new Map(reading.complete ? changed : [...known, ...changed]);
  for (const [name, entry] of entries) if (entry.definition === null) entries.delete(name);
  return { entries, revision: reading.revision };
}

/** The entries that exist under these names, by name; asserts that each comes once, and that no other one comes. */
export async function readNames(node: Store, names: readonly string[]): Promise<Map<string, StoredEntry>> {
  const entries = new Map<string, StoredEntry>();
  for (const entry of await node.getEntries(names)) {
    assert.ok(names.includes(entry.name), `${JSON.stringify(entry.name)} was not asked for`);
    assert.ok(!entries.has(entry.name), `${JSON.stringify(entry.name)} came twice`);
    assert.notEqual(entry.definition, null, `${JSON.stringify(entry.name)} came without a definition`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/** No listing of a test has more pages than this. */
const MOST_PAGES = 10_000;

/** All pages, one after the other; `between` runs after each page but the last. Asserts what holds for every page. */
export async function listAll(
  node: Store,
  { limit = 100, ...where }: Partial<PageRequest> = {},
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<StoredEntry[]> {
  const listed: StoredEntry[] = [];
  let after = where.after;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { entries, next } = await node.listEntries({ ...where, limit, ...(after === undefined ? {} : { after }) });
    assert.ok(entries.length <= limit, `a page has ${entries.length} entries, more than the limit ${limit}`);
    listed.push(...entries);
    if (next === null) return listed;
    after = next;
    await between(page);
  }
  throw new assert.AssertionError({ message: `a listing goes on after ${MOST_PAGES} pages` });
}

/** Makes one change that must succeed; returns the new revision. */
export async function write(node: Store, change: DefinitionChange, lease?: Lease): Promise<string> {
  const results = await node.setSchedule([change], lease);
  assert.equal(results.length, 1, "one change must have one result");
  const [result] = results;
  assert.ok(result?.status === "done", `the change was refused: ${JSON.stringify(result)}`);
  return result.revision;
}

/** Creates an entry; returns its revision. */
export function create(node: Store, name: string, definition = `{"task":${JSON.stringify(name)}}`): Promise<string> {
  return write(node, { name, definition, expectedRevision: null });
}

/** Creates many entries in calls of at most 500; returns their revisions by name. */
export async function createMany(node: Store, names: readonly string[]): Promise<Map<string, string>> {
  const revisions = new Map<string, string>();
  for (let start = 0; start < names.length; start += 500) {
    const some = names.slice(start, start + 500);
    const changes = some.map((name) => ({ name, definition: `definition of ${name}`, expectedRevision: null }));
    const results = await node.setSchedule(changes);
    assert.equal(results.length, some.length, "each change must have one result");
    results.forEach((result, index) => {
      assert.ok(result.status === "done", `${JSON.stringify(some[index])} was not created: ${JSON.stringify(result)}`);
      revisions.set(some[index]!, result.revision);
    });
  }
  return revisions;
}

/** A move of an occurrence that is long past by every clock. */
export function moveOf(name: string, from: string | null, to: string, definitionRevision: string | null): CursorMove {
  return { name, from, to, definitionRevision, dueAt: 1_000_000_000_000 };
}

/** Makes one move; returns its result. */
export async function advanceOne(node: Store, lease: Lease, move: CursorMove): Promise<MoveResult> {
  const results = await node.advance(lease, [move]);
  assert.equal(results.length, 1, "one move must have one result");
  return results[0]!;
}
