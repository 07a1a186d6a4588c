import assert from "node:assert/strict";
import type { CursorMove, DefinitionChange, Lease, MoveResult, ScheduleReading, Store, StoredEntry } from "@beatx/core";

/** What a node knows of the schedule: by name, in a Map because names may be `__proto__`. */
export type KnownEntries = ReadonlyMap<string, StoredEntry>;

/** "Some hundreds", with room for servers that count roughly. What it catches is all in one batch. */
const LARGEST_BATCH = 2000;

/** Takes one reading apart; asserts what holds for each. */
export async function collect(reading: ScheduleReading): Promise<Map<string, StoredEntry>> {
  const entries = new Map<string, StoredEntry>();
  for await (const batch of reading.batches) {
    assert.ok(batch.length <= LARGEST_BATCH, `a batch of ${batch.length} entries: some hundreds were promised`);
    for (const entry of batch) {
      assert.ok(!entries.has(entry.name), `${JSON.stringify(entry.name)} stands twice in one reading`);
      if (reading.complete) assert.notEqual(entry.definition, null, "a complete reading tells of what does not exist");
      entries.set(entry.name, entry);
    }
  }
  return entries;
}

/** Everything that is stored, by a complete reading. */
export async function readAll(node: Store): Promise<Map<string, StoredEntry>> {
  const reading = await node.getSchedule();
  assert.equal(reading.complete, true, "a reading without `since` must be complete");
  return collect(reading);
}

/** The entry as any node reads it now; fails when it is not there. */
export async function readEntry(node: Store, name: string): Promise<StoredEntry> {
  const entry = (await readAll(node)).get(name);
  assert.ok(entry, `${JSON.stringify(name)} is not stored`);
  return entry;
}

/** What a node knows after reading again from `since`, as core does it: a complete reading replaces, another adds. */
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

/** Writes one change that nothing stands against; answers the new revision. */
export async function write(node: Store, change: DefinitionChange, lease?: Lease): Promise<string> {
  const results = await node.setSchedule([change], lease);
  assert.equal(results.length, 1, "one change has one answer");
  const [result] = results;
  assert.ok(result?.status === "done", `the change was refused: ${JSON.stringify(result)}`);
  return result.revision;
}

/** Creates the entry with a definition of its own; answers its revision. */
export function create(node: Store, name: string, definition = `{"task":${JSON.stringify(name)}}`): Promise<string> {
  return write(node, { name, definition, expectedRevision: null });
}

/** Creates many in as few calls as core would make; answers their revisions by name. */
export async function createMany(node: Store, names: readonly string[]): Promise<Map<string, string>> {
  const revisions = new Map<string, string>();
  for (let start = 0; start < names.length; start += 500) {
    const some = names.slice(start, start + 500);
    const changes = some.map((name) => ({ name, definition: `definition of ${name}`, expectedRevision: null }));
    const results = await node.setSchedule(changes);
    assert.equal(results.length, some.length, "each change has an answer");
    results.forEach((result, index) => {
      assert.ok(result.status === "done", `${JSON.stringify(some[index])} was not created: ${JSON.stringify(result)}`);
      revisions.set(some[index]!, result.revision);
    });
  }
  return revisions;
}

/** A move that is due, long past by every clock. */
export function moveOf(name: string, from: string | null, to: string, definitionRevision: string | null): CursorMove {
  return { name, from, to, definitionRevision, dueAt: 1_000_000_000_000 };
}

/** Makes one move and answers what became of it. */
export async function advanceOne(node: Store, lease: Lease, move: CursorMove): Promise<MoveResult> {
  const results = await node.advance(lease, [move]);
  assert.equal(results.length, 1, "one move has one answer");
  return results[0]!;
}
