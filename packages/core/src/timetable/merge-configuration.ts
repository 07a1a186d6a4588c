/** What the configuration of a new leader changes in the stored schedule: a pure function (R30, R31). */

import { randomBytes } from "node:crypto";

import { stableOffset } from "../base/ids.js";
import type { DefinitionChange } from "../contract/store.js";
import { decodeCursor } from "../entry/cursor.js";
import { CLUSTER_RECORD, type ClusterDefinition, encodeDefinition, type EntryDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { entryToJson } from "../entry/read-entry.js";
import { isDone, type LiveEntry } from "./live-entry.js";
import type { Timetable } from "./timetable.js";

export interface MergeInput {
  readonly timetable: Timetable;
  /** The entries of this node's configuration; `null`: it has none and leaves the stored ones alone. */
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly configVersion: number | null;
  readonly lockTtlMs: number;
  /** The promise that this leader makes of its deliveries. */
  readonly delivery: string;
  /** Cluster time, epoch ms. */
  readonly now: number;
}

/** A removed entry is remembered for so long (R31). */
const REMEMBER_REMOVED_MS = 7 * 24 * 3_600_000;

export function mergeConfiguration(input: MergeInput): DefinitionChange[] {
  const changes = [...removeOldRecords(input)];
  if (input.config && !isOutdated(input)) changes.push(...mergeEntries(input, input.config));
  const cluster = clusterChange(input);
  return cluster ? [...changes, cluster] : changes;
}

/** A leader with a lower configuration version than the stored one merges nothing, so that a rolling deployment does not swing. */
export function isOutdated({ timetable, configVersion }: Pick<MergeInput, "timetable" | "configVersion">): boolean {
  const merged = timetable.cluster?.definition.configVersion ?? null;
  return merged !== null && (configVersion ?? -Infinity) < merged;
}

/** The cluster record, where it does not say already what it should. */
export function clusterChange({
  timetable,
  config,
  configVersion,
  lockTtlMs,
  delivery,
  now,
}: MergeInput): DefinitionChange | null {
  const known = timetable.cluster;
  const keepsVersion = config === null || isOutdated({ timetable, configVersion });
  const wanted: ClusterDefinition = {
    kind: "cluster",
    epoch: known?.definition.epoch ?? randomBytes(8).toString("hex"),
    createdAt: known?.definition.createdAt ?? now,
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
    if (!known && wouldBeDone(name, entry, timetable.cursorText(name), now)) continue;
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

function newEntry(entry: Entry, now: number): EntryDefinition {
  return {
    kind: "entry",
    source: "config",
    effectiveFrom: now,
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
  return { ...definition, entry: wanted, effectiveFrom: owedFrom(known, entry, now) };
}

/** A new or changed schedule, and an entry that is enabled again, owe nothing for the time before (R15). */
export function owedFrom(known: LiveEntry, entry: Entry, now: number): number {
  const { startAt, endAt, maxRuns, schedule } = known.rule;
  const sameSchedule =
    JSON.stringify(schedule.toJSON()) === JSON.stringify(entry.schedule.toJSON()) &&
    startAt === entry.startAt &&
    endAt === entry.endAt &&
    maxRuns === entry.maxRuns;
  return sameSchedule && (known.rule.enabled || !entry.enabled) ? known.rule.effectiveFrom : now;
}

/** What a leader does from time to time: forgets old records, and removes what is done and says so. */
export function* tidyUp(input: MergeInput): Generator<DefinitionChange> {
  yield* removeOldRecords(input);
  const definition = encodeDefinition({ kind: "removed", removedAt: input.now });
  for (const entry of input.timetable.entries.values()) {
    if (entry.definition.kind === "entry" && isDone(entry))
      yield { name: entry.name, definition, expectedRevision: entry.revision };
  }
}

/** An entry of the configuration that was removed when it was done stays away, unless its definition has more to run. */
function wouldBeDone(name: string, entry: Entry, cursorText: string | null, now: number): boolean {
  if (entry.whenDone !== "remove") return false;
  const rule = { ...entry, effectiveFrom: now, offsetMs: stableOffset(name, entry.jitterMs) };
  try {
    return isDone({ rule, cursor: cursorText === null ? null : decodeCursor(name, cursorText) });
  } catch {
    return false; // A cursor or a schedule that cannot be read is reported when the entry is.
  }
}

function* removeOldRecords({ timetable, config, now }: MergeInput): Generator<DefinitionChange> {
  for (const [name, { revision, definition }] of timetable.removed) {
    if (!config?.has(name) && now - definition.removedAt > REMEMBER_REMOVED_MS)
      yield { name, definition: null, expectedRevision: revision };
  }
  for (const { name, definition, cursor, revision } of timetable.entries.values()) {
    if (definition.kind === "run" && cursor) yield { name, definition: null, expectedRevision: revision };
  }
}
