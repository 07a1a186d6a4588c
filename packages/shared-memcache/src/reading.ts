import { StoreError } from "@beatx/core";
import { isListed, cutPage } from "@beatx/core/adapter";
import type { EntryPage, PageRequest, ScheduleReading, StoredEntry } from "@beatx/core/adapter";
import type { Exchange } from "./connection/exchange.js";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import type { Cursors } from "./cursors/cursors.js";
import type { DefinitionBucket, DefinitionRow } from "./definitions/definition-bucket.js";
import type { Definitions } from "./definitions/definitions.js";
import { LoadedBuckets } from "./definitions/loaded-buckets.js";
import { revisionOf } from "./definitions/manifest.js";
import type { Manifest } from "./definitions/manifest.js";

/** Everything a reading needs. */
export interface ReadingSources {
  readonly exchange: Exchange;
  readonly definitions: Definitions;
  readonly cursors: Cursors;
}

/** Few enough that one exchange stays well within its deadline on a slow network. */
const BUCKETS_PER_EXCHANGE = 64;
const ENTRIES_PER_BATCH = 500;
/** A reading starts again at most this many times when the schedule changes under it. */
const MOST_STARTS = 20;

/** Reads the changes since `since`, if this node remembers that state; otherwise reads all entries. */
export async function openReading(
  commands: MemcacheCommands,
  sources: ReadingSources,
  since: string | undefined,
): Promise<ScheduleReading> {
  const { manifest } = await sources.definitions.open(commands);
  const revision = revisionOf(manifest, manifest.number);
  const before = since === undefined ? undefined : sources.definitions.remembered(since);
  const changes = before && (await readChanges(commands, sources, before, manifest));
  if (changes) return { revision, complete: false, batches: inBatches(changes) };
  return { revision, complete: true, batches: readAll(sources, manifest) };
}

/** `null`: the changes cannot be determined. */
async function readChanges(
  commands: MemcacheCommands,
  { definitions, cursors }: ReadingSources,
  before: Manifest,
  manifest: Manifest,
): Promise<StoredEntry[] | null> {
  if (before.life !== manifest.life || before.buckets.length !== manifest.buckets.length) return null;
  const places = [...manifest.buckets.keys()].filter((index) => manifest.buckets[index] !== before.buckets[index]);
  const [old, present] = [
    await definitions.load(commands, before, places),
    await definitions.load(commands, manifest, places),
  ];
  if (!old?.isWhole(places) || !present?.isWhole(places)) return null;
  definitions.remember(manifest);
  const changed = places.flatMap((index) => [...changedRows(old.rowsAt(index), present.rowsAt(index))]);
  const cursorOf = await cursors.read(
    commands,
    manifest.life,
    changed.map(([name]) => name),
  );
  return changed.map(([name, row]) => {
    const revision = revisionOf(manifest, row?.revision ?? manifest.number);
    return { name, definition: row?.definition ?? null, revision, cursor: row && cursorOf(name, row.createdBy) };
  });
}

function* changedRows(
  before: ReadonlyMap<string, DefinitionRow>,
  now: ReadonlyMap<string, DefinitionRow>,
): Generator<[string, DefinitionRow | null]> {
  for (const [name, row] of now) if (before.get(name)?.revision !== row.revision) yield [name, row];
  for (const name of before.keys()) if (!now.has(name)) yield [name, null];
}

/**
 * All entries of one state. Yields no entry before all buckets have arrived: if one is missing because the schedule
 * changed, the newer state is read. Until then it yields empty batches, so that each exchange has its own deadline.
 */
async function* readAll(
  sources: ReadingSources,
  manifest: Manifest,
): AsyncGenerator<readonly StoredEntry[], void, void> {
  const { exchange, cursors } = sources;
  const loaded = yield* loadAll(sources, manifest, new Map());
  const { life } = loaded.manifest;
  const cursorOf = await exchange.run("read the cursors", (commands) => cursors.read(commands, life));
  yield* inBatches(allEntries(loaded, cursorOf));
}

/**
 * One page of all entries. Names are spread over the buckets, so all definitions are needed; those that this node keeps
 * are not read again.
 */
export async function readPage(sources: ReadingSources, manifest: Manifest, request: PageRequest): Promise<EntryPage> {
  const { exchange, definitions, cursors } = sources;
  const kept = new Map<string, DefinitionBucket>();
  for (const reference of manifest.buckets) {
    const bucket = definitions.cache.peek(reference);
    if (bucket) kept.set(reference, bucket);
  }
  const loading = loadAll(sources, manifest, kept);
  let step = await loading.next();
  while (!step.done) step = await loading.next();
  const loaded = step.value;
  const listed = [...allEntries(loaded, () => null)].filter(({ name }) => isListed(name, request));
  const { next, entries } = cutPage(listed, request.limit);
  const { life } = loaded.manifest;
  const names = entries.map(({ name }) => name);
  const cursorOf = await exchange.run("read the cursors", (commands) => cursors.read(commands, life, names));
  const withCursor = (entry: StoredEntry): StoredEntry => ({
    ...entry,
    cursor: cursorOf(entry.name, loaded.rowOf(entry.name)!.createdBy),
  });
  return { entries: entries.map(withCursor), next };
}

/** All buckets of one state. `buckets`: those that need not be read. Yields while it goes on. */
async function* loadAll(
  sources: ReadingSources,
  manifest: Manifest,
  buckets: Map<string, DefinitionBucket>,
): AsyncGenerator<readonly StoredEntry[], LoadedBuckets, void> {
  const { exchange, definitions } = sources;
  for (let starts = 0, isWhole = false; !isWhole; starts += 1) {
    if (starts === MOST_STARTS) throw new StoreError(`the schedule changed ${MOST_STARTS} times while it was read`);
    const wanted = manifest.buckets.filter((reference) => reference !== "" && !buckets.has(reference));
    for (let start = 0; start < wanted.length; start += BUCKETS_PER_EXCHANGE) {
      const some = wanted.slice(start, start + BUCKETS_PER_EXCHANGE);
      const found = await exchange.run("read the schedule", (commands) => definitions.cache.fetch(commands, some));
      for (const [reference, bucket] of found) buckets.set(reference, bucket);
      yield [];
    }
    const missing = wanted.filter((reference) => !buckets.has(reference));
    const present = missing.length === 0 ? manifest : await restore(sources, manifest, missing, buckets);
    isWhole = present === manifest;
    manifest = present;
  }
  definitions.cache.keep(buckets);
  definitions.remember(manifest);
  const lost = manifest.buckets.filter((reference) => reference !== "" && !buckets.has(reference));
  if (lost.length > 0) definitions.lost.reportSkipped(manifest, lost);
  return new LoadedBuckets(manifest, buckets);
}

/**
 * Called when buckets are missing. Returns the newer manifest, if there is one. Otherwise they are lost: those in this
 * node's cache are restored, and the entries of the others are lost.
 */
async function restore(
  { exchange, definitions }: ReadingSources,
  manifest: Manifest,
  missing: readonly string[],
  buckets: Map<string, DefinitionBucket>,
): Promise<Manifest> {
  return exchange.run("read the schedule", async (commands) => {
    const { manifest: present } = await definitions.open(commands);
    if (present.life !== manifest.life || present.number !== manifest.number) return present;
    const restored = await definitions.cache.restore(commands, missing);
    for (const [reference, bucket] of restored) buckets.set(reference, bucket);
    return manifest;
  });
}

function* allEntries(
  loaded: LoadedBuckets,
  cursorOf: (name: string, createdBy: number) => string | null,
): Generator<StoredEntry> {
  const { manifest } = loaded;
  for (const index of manifest.buckets.keys()) {
    for (const [name, { definition, revision, createdBy }] of loaded.rowsAt(index)) {
      yield { name, definition, revision: revisionOf(manifest, revision), cursor: cursorOf(name, createdBy) };
    }
  }
}

async function* inBatches(entries: Iterable<StoredEntry>): AsyncGenerator<readonly StoredEntry[], void, void> {
  let batch: StoredEntry[] = [];
  for (const entry of entries) {
    batch.push(entry);
    if (batch.length < ENTRIES_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
