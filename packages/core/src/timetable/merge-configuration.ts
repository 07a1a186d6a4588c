/**
 * How the configuration of a new leader changes the stored schedule: pure functions (R30, R31). Long lists are generators
 * that yield after each entry they look at, so that the caller can write and pause in between. The timetable may change
 * meanwhile, by the changes that were yielded.
 */

import type { JsonObject } from "../base/json.js";
import type { DefinitionChange } from "../contract/store.js";
import { isStoredAs } from "../entry/cluster-record.js";
import { digestOf, isReadable } from "../entry/cursor.js";
import { CLUSTER_RECORD, type ClusterDefinition, encodeDefinition, type EntryDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { configuredOf, isSameEntry } from "../entry/overridden.js";
import { entryToJson, isEqualEntry } from "../entry/read-entry.js";
import { isForeign, refusedConfiguration } from "./foreign-configuration.js";
import type { MergePlan } from "./merge-plan.js";
import { hasSentAll } from "./backfill.js";
import type { OwnDefinition } from "./entry-rule.js";
import { type LiveEntry, shouldBeRemoved } from "./live-entry.js";
import { readableCursor, startAfterEdit, startOf } from "./start.js";
import type { Timetable } from "./timetable.js";

export interface MergeInput {
  readonly timetable: Timetable;
  /** The entries of this node's configuration; `null`: it has none and leaves the stored ones alone. */
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly configVersion: number | null;
  /** The name of this application; `null`: none is given. */
  readonly app: string | null;
  /** The configuration may replace that of another application (R43). */
  readonly replaceSchedule: boolean;
  readonly lockTtlMs: number;
  /** The guarantee of this leader's deliveries. */
  readonly guarantee: string;
  /** Cluster time, epoch ms. */
  readonly now: number;
}

/** A change of a definition; `own`: what its text says. */
export interface MergeChange extends DefinitionChange {
  readonly own?: OwnDefinition | undefined;
}

/** One entry was looked at: its change, or `null` if it stays as it is. */
export type MergeStep = MergeChange | null;

/** The lifetime of a tombstone (R31). */
const TOMBSTONE_MS = 7 * 24 * 3_600_000;

/**
 * The cluster record comes last: a merge that was cut short leaves no trace of its version. If the configuration
 * replaces that of another application the record comes first: the version of the other one means nothing here, and the
 * next try goes on.
 * `plan`: what is known of the entries; then only those that need it are looked at.
 * @throws ConfigError for a configuration that is foreign and does not replace the stored one.
 */
export function* mergeConfiguration(
  input: MergeInput,
  notes: MergeNotes = newMergeNotes(),
  plan: Pick<MergePlan, "names" | "overridden"> | null = null,
): Generator<MergeStep> {
  const refused = refusedConfiguration(input.timetable, input);
  if (refused) throw refused;
  const replaces = isForeign(input.timetable, input);
  if (replaces) yield clusterChange(input);
  const names = (!replaces && plan?.names) || null;
  if (names === null) yield* removeOldRecords(input);
  else for (const name of plan!.overridden) notes.overridden.add(name);
  if (input.config && (replaces || !isOutdated(input))) {
    yield* names ? mergeNamed(input, input.config, notes, names) : mergeEntries(input, input.config, notes);
  }
  if (!replaces) yield clusterChange(input);
}

/** What a merge did that its users should know: names of entries. */
export interface MergeNotes {
  /** Entries that were removed because the configuration no longer has them. */
  readonly removed: Set<string>;
  /** Entries that have no instant left, although they have never run or their rule is new. */
  readonly over: Set<string>;
  /** Entries that differ from the configuration, because a client edited them, and were left as they are. */
  readonly overridden: Set<string>;
}

export function newMergeNotes(): MergeNotes {
  return { removed: new Set(), over: new Set(), overridden: new Set() };
}

/** A leader with a lower configuration version than the stored one merges nothing (R30). */
export function isOutdated({ timetable, configVersion }: Pick<MergeInput, "timetable" | "configVersion">): boolean {
  const merged = timetable.cluster.configVersion;
  return merged !== null && (configVersion ?? -Infinity) < merged;
}

/** The change that brings the cluster record up to date; `null` if it already is. */
export function clusterChange(input: Omit<MergeInput, "now">): DefinitionChange | null {
  const { timetable, config, lockTtlMs, guarantee: delivery } = input;
  const known = timetable.cluster;
  const replaces = isForeign(timetable, input);
  const keepsVersion = config === null || (isOutdated(input) && !replaces);
  const app = config === null ? known.app : (input.app ?? (replaces ? null : known.app));
  const wanted: ClusterDefinition = {
    kind: "cluster",
    configVersion: keepsVersion ? known.configVersion : input.configVersion,
    ...(app === null ? {} : { app }),
    lockTtlMs,
    delivery,
  };
  if (isStoredAs(known, wanted)) return null;
  return { name: CLUSTER_RECORD, definition: encodeDefinition(wanted), expectedRevision: known.revision };
}

function* mergeEntries(input: MergeInput, config: ReadonlyMap<string, Entry>, notes: MergeNotes): Generator<MergeStep> {
  for (const [name, entry] of config) yield mergeStep(input, name, entry, notes);
  for (const live of input.timetable.entries.values()) {
    yield isLeftOver(live, config) ? removalStep(input, live, notes) : null;
  }
}

function* mergeNamed(
  input: MergeInput,
  config: ReadonlyMap<string, Entry>,
  notes: MergeNotes,
  names: Iterable<string>,
): Generator<MergeStep> {
  for (const name of names) {
    const [entry, live] = [config.get(name), input.timetable.entries.get(name)];
    if (entry) yield mergeStep(input, name, entry, notes);
    else yield live && isLeftOver(live, config) ? removalStep(input, live, notes) : null;
  }
}

/** Whether a merge would change what is stored under the name. It would later, too, unless the definition changes. */
export function needsMerge(
  name: string,
  { timetable, config, now }: Pick<MergeInput, "timetable" | "config" | "now">,
): boolean {
  if (config === null) return false;
  const [entry, live] = [config.get(name), timetable.entries.get(name)];
  if (!entry) return live !== undefined && isLeftOver(live, config);
  return mergeEntry(timetable, name, entry, { now, notes: null }) !== null;
}

function mergeStep({ timetable, now }: MergeInput, name: string, entry: Entry, notes: MergeNotes): MergeStep {
  const merged = mergeEntry(timetable, name, entry, { now, notes });
  const definition = merged ?? timetable.entries.get(name)?.definition;
  if (definition?.kind === "entry" && configuredOf(definition)) notes.overridden.add(name);
  if (merged === null) return null;
  const change = { name, definition: encodeDefinition(merged), expectedRevision: timetable.revisionOf(name) };
  return merged.overridden ? change : { ...change, own: { definition: merged, entry } };
}

/** An entry of an earlier configuration. */
function isLeftOver({ name, definition }: LiveEntry, config: ReadonlyMap<string, Entry>): boolean {
  return definition.kind === "entry" && definition.source === "config" && !config.has(name);
}

function removalStep({ now }: MergeInput, { name, revision }: LiveEntry, notes: MergeNotes): MergeStep {
  notes.removed.add(name);
  return { name, definition: encodeDefinition({ kind: "removed", removedAt: now }), expectedRevision: revision };
}

interface MergeContext {
  readonly now: number;
  /** `null`: nobody reads them. */
  readonly notes: MergeNotes | null;
}

function mergeEntry(timetable: Timetable, name: string, entry: Entry, context: MergeContext): EntryDefinition | null {
  const { now, notes } = context;
  const known = timetable.entries.get(name);
  if (known) return updateEntry(known, entry, context);
  const broken = timetable.broken.get(name)?.definition;
  if (broken?.kind === "entry") return updateBroken(broken, entry, now);
  const cursor = timetable.cursorText(name);
  const settled = readableCursor(name, cursor);
  const { effectiveFrom, isOver } = startOf(name, entry, settled, now);
  const isRemoved = isOver && entry.whenDone === "remove";
  if (isOver && entry.enabled && (!isRemoved || settled === null)) notes?.over.add(name);
  return isRemoved ? null : withoutUnreadable(name, newEntry(entry, effectiveFrom), cursor);
}

/** A new definition starts without a stored cursor that cannot be read, such as a tombstone's. */
export function withoutUnreadable(name: string, definition: EntryDefinition, cursor: string | null): EntryDefinition {
  return cursor === null || isReadable(name, cursor) ? definition : { ...definition, ignoredCursor: digestOf(cursor) };
}

/** The definition of an entry that the configuration adds: nothing is owed for instants up to `effectiveFrom`. */
export function newEntry(entry: Entry, effectiveFrom: number): EntryDefinition {
  return {
    kind: "entry",
    source: "config",
    effectiveFrom,
    paused: false,
    overridden: false,
    entry: entryToJson(entry),
  };
}

/** Whether the configuration's definition of a stored entry counts: not if a client created or edited the entry (R30). */
export function followsConfiguration({ source, overridden }: Pick<EntryDefinition, "source" | "overridden">): boolean {
  return source === "config" && !overridden;
}

function updateEntry(known: LiveEntry, entry: Entry, { now, notes }: MergeContext): EntryDefinition | null {
  const { definition } = known;
  if (definition.kind !== "entry" || definition.source === "api") return null;
  if (!definition.overridden && isEqualEntry(known.rule, entry)) return null;
  const wanted = entryToJson(entry);
  if (definition.overridden) return keepConfigured(definition, wanted);
  const { effectiveFrom, isOver } = startAfterEdit(known, entry, now);
  if (isOver && entry.enabled && !definition.paused) notes?.over.add(known.name);
  return { ...definition, entry: wanted, effectiveFrom };
}

/** An edited entry stays as it is; only what the configuration says of it changes. */
function keepConfigured(definition: EntryDefinition, configured: JsonObject): EntryDefinition | null {
  const isKnown = definition.configured !== undefined && isSameEntry(definition.configured, configured);
  return isKnown ? null : { ...definition, configured };
}

/** Writes a broken entry anew if its definition is to blame. A broken cursor waits for `reset`, which loses its counts. */
function updateBroken(definition: EntryDefinition, entry: Entry, now: number): EntryDefinition | null {
  if (definition.source === "api") return null;
  const wanted = entryToJson(entry);
  if (definition.overridden) return keepConfigured(definition, wanted);
  if (isSameEntry(wanted, definition.entry)) return null;
  return { ...definition, entry: wanted, effectiveFrom: now };
}

/** The removals of a leader from time to time: old records, and done entries with `whenDone: "remove"`. */
export function* tidyUp(input: MergeInput): Generator<MergeStep> {
  yield* removeOldRecords(input);
  const definition = encodeDefinition({ kind: "removed", removedAt: input.now });
  for (const entry of input.timetable.entries.values()) {
    const isDone = entry.definition.kind === "entry" && shouldBeRemoved(entry, input.now);
    yield isDone ? { name: entry.name, definition, expectedRevision: entry.revision } : null;
  }
}

function* removeOldRecords({ timetable, config, now }: MergeInput): Generator<MergeStep> {
  for (const [name, { revision, definition }] of timetable.removed) {
    const isOld = !config?.has(name) && now - definition.removedAt > TOMBSTONE_MS;
    yield isOld ? { name, definition: null, expectedRevision: revision } : null;
  }
  for (const entry of timetable.entries.values()) {
    yield hasSentAll(entry) ? { name: entry.name, definition: null, expectedRevision: entry.revision } : null;
  }
}
