/** How the configuration of a new leader changes the stored schedule: pure functions (R30, R31). */

import { stableOffset } from "../base/ids.js";
import type { DefinitionChange } from "../contract/store.js";
import { decodeCursor } from "../entry/cursor.js";
import { CLUSTER_RECORD, type ClusterDefinition, encodeDefinition, type EntryDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { entryToJson } from "../entry/read-entry.js";
import { shouldBeRemoved, type LiveEntry } from "./live-entry.js";
import type { Timetable } from "./timetable.js";

export interface MergeInput {
  readonly timetable: Timetable;
  /** The entries of this node's configuration; `null`: it has none and leaves the stored ones alone. */
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly configVersion: number | null;
  readonly lockTtlMs: number;
  /** The guarantee of this leader's deliveries. */
  readonly guarantee: string;
  /** Cluster time, epoch ms. */
  readonly now: number;
}

/** The lifetime of a tombstone (R31). */
const TOMBSTONE_MS = 7 * 24 * 3_600_000;

export function mergeConfiguration(input: MergeInput): DefinitionChange[] {
  const changes = [...removeOldRecords(input)];
  if (input.config && !isOutdated(input)) changes.push(...mergeEntries(input, input.config));
  const cluster = clusterChange(input);
  return cluster ? [...changes, cluster] : changes;
}

/** A leader with a lower configuration version than the stored one merges nothing (R30). */
export function isOutdated({ timetable, configVersion }: Pick<MergeInput, "timetable" | "configVersion">): boolean {
  const merged = timetable.cluster?.definition.configVersion ?? null;
  return merged !== null && (configVersion ?? -Infinity) < merged;
}

/** The change that brings the cluster record up to date; `null` if it already is. */
export function clusterChange({
  timetable,
  config,
  configVersion,
  lockTtlMs,
  guarantee: delivery,
}: Omit<MergeInput, "now">): DefinitionChange | null {
  const known = timetable.cluster;
  const keepsVersion = config === null || isOutdated({ timetable, configVersion });
  const wanted: ClusterDefinition = {
    kind: "cluster",
    configVersion: keepsVersion ? (known?.definition.configVersion ?? null) : configVersion,
    lockTtlMs,
    delivery,
  };
  const definition = encodeDefinition(wanted);
  if (known && encodeDefinition(known.definition) === definition) return null;
  return { name: CLUSTER_RECORD, definition, expectedRevision: known?.revision ?? null };
}

function* mergeEntries(
  { timetable, now }: MergeInput,
  config: ReadonlyMap<string, Entry>,
): Generator<DefinitionChange> {
  for (const [name, entry] of config) {
    const known = timetable.entries.get(name);
    if (!known && wouldBeRemoved(name, entry, timetable.cursorText(name), now)) continue;
    const change = known ? updateEntry(known, entry, now) : newEntry(entry, now);
    if (!change) continue;
    yield { name, definition: encodeDefinition(change), expectedRevision: timetable.revisionOf(name) };
  }
  for (const known of timetable.entries.values()) {
    if (known.definition.kind !== "entry" || known.definition.source !== "config" || config.has(known.name)) continue;
    const definition = encodeDefinition({ kind: "removed", removedAt: now });
    yield { name: known.name, definition, expectedRevision: known.revision };
  }
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

function updateEntry(known: LiveEntry, entry: Entry, now: number): EntryDefinition | null {
  const { definition } = known;
  if (definition.kind !== "entry" || !followsConfiguration(definition)) return null;
  const wanted = entryToJson(entry);
  if (JSON.stringify(wanted) === JSON.stringify(definition.entry)) return null;
  return { ...definition, entry: wanted, effectiveFrom: effectiveFromOf(known, entry, now) };
}

/** Of an edited entry: now if its rule is new or it is enabled again, so that earlier instants are not sent (R15). */
export function effectiveFromOf(known: LiveEntry, entry: Entry, now: number): number {
  const { startAt, endAt, maxRuns, schedule } = known.rule;
  const isSameRule =
    JSON.stringify(schedule.toJSON()) === JSON.stringify(entry.schedule.toJSON()) &&
    startAt === entry.startAt &&
    endAt === entry.endAt &&
    maxRuns === entry.maxRuns;
  return isSameRule && (known.rule.enabled || !entry.enabled) ? known.rule.effectiveFrom : now;
}

/** The removals of a leader from time to time: old records, and done entries with `whenDone: "remove"`. */
export function* tidyUp(input: MergeInput): Generator<DefinitionChange> {
  yield* removeOldRecords(input);
  const definition = encodeDefinition({ kind: "removed", removedAt: input.now });
  for (const entry of input.timetable.entries.values()) {
    if (entry.definition.kind === "entry" && shouldBeRemoved(entry))
      yield { name: entry.name, definition, expectedRevision: entry.revision };
  }
}

/** An entry that was removed when it was done is not added again, unless its definition has more to run. */
function wouldBeRemoved(name: string, entry: Entry, cursorText: string | null, now: number): boolean {
  if (entry.whenDone !== "remove") return false;
  const rule = { ...entry, effectiveFrom: now, offsetMs: stableOffset(name, entry.jitterMs) };
  try {
    return shouldBeRemoved({ rule, cursor: cursorText === null ? null : decodeCursor(name, cursorText) });
  } catch {
    return false; // Added then, and reported as broken.
  }
}

function* removeOldRecords({ timetable, config, now }: MergeInput): Generator<DefinitionChange> {
  for (const [name, { revision, definition }] of timetable.removed) {
    if (!config?.has(name) && now - definition.removedAt > TOMBSTONE_MS)
      yield { name, definition: null, expectedRevision: revision };
  }
  for (const { name, definition, cursor, revision } of timetable.entries.values()) {
    if (definition.kind === "run" && cursor) yield { name, definition: null, expectedRevision: revision };
  }
}
