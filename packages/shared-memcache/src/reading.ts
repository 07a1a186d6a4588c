import { StoreError } from "@beatx/core";
import { isListed, cutPage } from "@beatx/core/adapter";
import type { EntryPage, PageRequest, ScheduleReading, StoredEntry } from "@beatx/core/adapter";
import type { Exchange } from "./connection/exchange.js";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import type { Cursors } from "./cursors/cursors.js";
import type { DefinitionBucket, DefinitionRow } from "./definitions/definition-bucket.js";
import type { Definitions } from "./definitions/definitions.js";
import type { ItemCache } from "./definitions/item-cache.js";
import { LoadedBuckets, LoadedSections } from "./definitions/loaded-buckets.js";
import { isSameState, revisionOf } from "./definitions/manifest.js";
import type { Manifest } from "./definitions/manifest.js";
import { placeOf } from "./definitions/section.js";
import type { Section } from "./definitions/section.js";
import { indexesOfPrefix } from "./items/keys.js";

/** Everything a reading needs. */
export interface ReadingSources {
  readonly exchange: Exchange;
  readonly definitions: Definitions;
  readonly cursors: Cursors;
}

/** Few enough that one exchange stays well within its deadline on a slow network. */
const ITEMS_PER_EXCHANGE = 128;
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
  if (before.life !== manifest.life) return null;
  const places = await changedPlaces(commands, definitions, before, manifest);
  if (!places) return null;
  const old = await definitions.load(commands, before, places);
  const present = await definitions.load(commands, manifest, places);
  if (!old?.isWhole(places) || !present?.isWhole(places)) return null;
  definitions.remember(manifest);
  await definitions.poll(commands, manifest);
  const changed = [...changedRows(rowsOf(old, places), rowsOf(present, places))];
  const names = changed.map(([name]) => name);
  const cursorOf = await cursors.read(commands, manifest.life, names);
  return changed.map(([name, row]) => {
    const revision = revisionOf(manifest, row?.revision ?? manifest.number);
    return { name, definition: row?.definition ?? null, revision, cursor: row && cursorOf(name, row.createdBy) };
  });
}

/** The indexes of the buckets in which these states differ. `null`: a section is lost. */
async function changedPlaces(
  commands: MemcacheCommands,
  { items }: Definitions,
  before: Manifest,
  manifest: Manifest,
): Promise<number[] | null> {
  const suspects = Array.from({ length: manifest.size }, (_, index) => index).filter((index) => {
    const { section } = placeOf(index);
    return before.sections[section] !== manifest.sections[section];
  });
  const old = await items.loadSections(commands, before, suspects);
  const present = await items.loadSections(commands, manifest, suspects);
  const isLost = suspects.some((index) => old.referenceAt(index) === null || present.referenceAt(index) === null);
  return isLost ? null : suspects.filter((index) => old.referenceAt(index) !== present.referenceAt(index));
}

/** All rows of these buckets: a name may have moved from one to another. */
function rowsOf(loaded: LoadedBuckets, places: readonly number[]): Map<string, DefinitionRow> {
  return new Map(places.flatMap((index) => [...loaded.rowsAt(index)]));
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
  const loaded = yield* loadAll(sources, manifest);
  const { life } = loaded.manifest;
  const cursorOf = await exchange.run("read the cursors", (commands) => cursors.read(commands, life));
  yield* inBatches(allEntries(loaded, cursorOf));
}

/**
 * One page of all entries. Names are spread over the buckets, so a page needs all buckets that may hold its prefix; what
 * this node keeps is not read again.
 */
export async function readPage(sources: ReadingSources, manifest: Manifest, request: PageRequest): Promise<EntryPage> {
  const { exchange, cursors } = sources;
  const indexes = indexesOfPrefix(request.prefix ?? "", manifest.size);
  const isPart = indexes.length < manifest.size;
  const loaded = isPart ? await loadPart(sources, request.prefix ?? "") : await loadKept(sources, manifest);
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

/** The few buckets that may hold this prefix. */
function loadPart({ exchange, definitions }: ReadingSources, prefix: string): Promise<LoadedBuckets> {
  return exchange.run("list entries", async (commands) => {
    for (;;) {
      const { manifest } = await definitions.open(commands);
      const loaded = await definitions.load(commands, manifest, indexesOfPrefix(prefix, manifest.size));
      if (!loaded) continue;
      definitions.forgetOthers(manifest);
      return loaded;
    }
  });
}

async function loadKept(sources: ReadingSources, manifest: Manifest): Promise<LoadedBuckets> {
  const loading = loadAll(sources, manifest, true);
  let step = await loading.next();
  while (!step.done) step = await loading.next();
  return step.value;
}

/** All buckets of one state. `usesKept`: those that this node keeps need not be read. Yields while it goes on. */
async function* loadAll(
  sources: ReadingSources,
  manifest: Manifest,
  usesKept: boolean = false,
): AsyncGenerator<readonly StoredEntry[], LoadedBuckets, void> {
  const { definitions } = sources;
  const { items } = definitions;
  const sections = new Map<string, Section>();
  const buckets = new Map<string, DefinitionBucket>();
  for (let starts = 0; starts < MOST_STARTS; starts += 1) {
    const complete = { sources, manifest, usesKept };
    let present = yield* readItems(complete, items.sections, manifest.sections, sections);
    const named = new LoadedSections(manifest, sections);
    if (present === manifest) present = yield* readItems(complete, items.buckets, named.references(), buckets);
    if (present === manifest) {
      items.sections.keep(sections);
      items.buckets.keep(buckets);
      definitions.remember(manifest);
      reportLost(definitions, named, sections, buckets);
      return new LoadedBuckets(named, buckets);
    }
    manifest = present;
  }
  throw new StoreError(`the schedule changed ${MOST_STARTS} times while it was read`);
}

function reportLost(
  { lost }: Definitions,
  named: LoadedSections,
  foundSections: ReadonlyMap<string, Section>,
  foundBuckets: ReadonlyMap<string, DefinitionBucket>,
): void {
  const sections = named.manifest.sections.filter((reference) => reference !== "" && !foundSections.has(reference));
  const buckets = named.references().filter((reference) => !foundBuckets.has(reference));
  if (sections.length + buckets.length > 0) lost.reportSkipped(named, { sections, buckets });
}

/** What the readings of one state share. */
interface StateReading {
  readonly sources: ReadingSources;
  readonly manifest: Manifest;
  readonly usesKept: boolean;
}

/**
 * Adds the items to `found`. Returns the newer manifest, if some are missing because the schedule has changed. Otherwise
 * they are lost: those in this node's memory are restored.
 */
async function* readItems<T>(
  { sources: { exchange, definitions }, manifest, usesKept }: StateReading,
  items: ItemCache<T>,
  references: readonly string[],
  found: Map<string, T>,
): AsyncGenerator<readonly StoredEntry[], Manifest, void> {
  if (usesKept) for (const [reference, value] of items.kept(references)) found.set(reference, value);
  const wanted = references.filter((reference) => reference !== "" && !found.has(reference));
  for (let start = 0; start < wanted.length; start += ITEMS_PER_EXCHANGE) {
    const some = wanted.slice(start, start + ITEMS_PER_EXCHANGE);
    const read = await exchange.run("read the schedule", (commands) => items.fetch(commands, some));
    for (const [reference, value] of read) found.set(reference, value);
    yield [];
  }
  const missing = wanted.filter((reference) => !found.has(reference));
  if (missing.length === 0) return manifest;
  return exchange.run("read the schedule", async (commands) => {
    const { manifest: present } = await definitions.open(commands);
    if (!isSameState(present, manifest)) return present;
    const restored = await items.restore(commands, missing);
    for (const [reference, value] of restored) found.set(reference, value);
    return manifest;
  });
}

function* allEntries(
  loaded: LoadedBuckets,
  cursorOf: (name: string, createdBy: number) => string | null,
): Generator<StoredEntry> {
  const { manifest } = loaded;
  for (let index = 0; index < manifest.size; index += 1) {
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
