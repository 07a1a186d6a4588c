/** How the configuration of a node changes what is stored, with the records about it: pure functions (R30, R31, R47). */

import type { DefinitionChange } from "../contract/store.js";
import { isOlder, recordToWrite } from "../entry/app-record.js";
import { isStoredAs } from "../entry/cluster-record.js";
import {
  APP_PREFIX,
  type AppDefinition,
  CLUSTER_RECORD,
  type ClusterDefinition,
  encodeDefinition,
  type EntryDefinition,
  type RemovedDefinition,
  type RunDefinition,
} from "../entry/definition.js";
import { hasSentAll } from "./backfill.js";
import { isForeign, refusedConfiguration } from "./foreign-configuration.js";
import { shouldBeRemoved } from "./live-entry.js";
import type { MergePlan } from "./merge-plan.js";
import { type MergeNotes, type MergeStep, newMergeNotes, reconcile, type ReconcileInput } from "./reconcile.js";

export interface MergeInput extends Omit<ReconcileInput, "replaces"> {
  readonly configVersion: number | null;
  /** What this node would record of its application; `null`: the configuration gives no name. */
  readonly appRecord: AppDefinition | null;
  /** The configuration may replace one that is foreign to it (R43). */
  readonly replaceSchedule: boolean;
  readonly lockTtlMs: number;
  /** The guarantee of this leader's deliveries. */
  readonly guarantee: string;
}

/** The lifetime of a tombstone (R31). */
const TOMBSTONE_MS = 7 * 24 * 3_600_000;

/**
 * The merge of a leader. The records come last: a merge that was cut short leaves no trace of its version. If a configuration
 * without a name replaces others, the cluster record comes first: their versions mean nothing here, and the next try goes on.
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
  const comesFirst = replaces && input.app === null;
  if (comesFirst) yield clusterChange(input);
  const names = (!replaces && plan?.names) || null;
  if (names === null) yield* removeOldRecords(input);
  else for (const name of plan!.overridden) notes.overridden.add(name);
  if (input.config && (comesFirst || !isOutdated(input))) {
    yield* reconcile({ ...input, replaces }, notes, names);
    yield appChange(input);
  }
  if (comesFirst) yield* removeAppRecords(input);
  else yield clusterChange(input);
}

/** The merge of a node whatever it is, leader or not: the entries of its application alone (R47). `names`: as of `reconcile`. */
export function* mergeApplication(
  input: MergeInput,
  notes: MergeNotes,
  names: Iterable<string> | null,
): Generator<MergeStep> {
  if (isOutdated(input)) return;
  yield* reconcile(input, notes, names);
  yield appChange(input);
}

/** Whether a newer configuration is recorded, so that this one is not merged (R30, R47). */
export function isOutdated({
  timetable,
  configVersion,
  app,
  appRecord,
}: Pick<MergeInput, "timetable" | "configVersion" | "app" | "appRecord">): boolean {
  if (app !== null) return appRecord !== null && isOlder(appRecord, timetable.apps.get(app)?.definition ?? null);
  const merged = timetable.cluster.configVersion;
  return merged !== null && (configVersion ?? -Infinity) < merged;
}

/** The change that brings the record of this node's application up to date; `null`: it already is, or there is none. */
export function appChange({ timetable, config, app, appRecord }: Omit<MergeInput, "now">): DefinitionChange | null {
  if (app === null || appRecord === null || config === null) return null;
  const stored = timetable.apps.get(app);
  const wanted = recordToWrite(appRecord, stored);
  if (wanted === null) return null;
  return { name: APP_PREFIX + app, definition: encodeDefinition(wanted), expectedRevision: stored?.revision ?? null };
}

/** The change that brings the cluster record up to date; `null` if it already is. */
export function clusterChange(input: Omit<MergeInput, "now">): DefinitionChange | null {
  const { timetable, lockTtlMs, guarantee: delivery } = input;
  const known = timetable.cluster;
  const wanted: ClusterDefinition = { kind: "cluster", configVersion: mergedVersion(input), lockTtlMs, delivery };
  if (isStoredAs(known, wanted)) return null;
  return { name: CLUSTER_RECORD, definition: encodeDefinition(wanted), expectedRevision: known.revision };
}

/** The version of a configuration without a name; an application has its own in its record. */
function mergedVersion(input: Omit<MergeInput, "now">): number | null {
  const { timetable, config, app } = input;
  if (config !== null && app !== null) return null;
  const keepsVersion = config === null || (isOutdated(input) && !isForeign(timetable, input));
  return keepsVersion ? timetable.cluster.configVersion : input.configVersion;
}

/** The removals of a leader from time to time: old records, and done entries with `whenDone: "remove"`. */
export function* tidyUp(input: MergeInput): Generator<MergeStep> {
  yield* removeOldRecords(input);
  for (const entry of input.timetable.entries.values()) {
    const isDone = entry.definition.kind === "entry" && shouldBeRemoved(entry, input.now);
    const definition = isDone ? encodeDefinition(tombstoneOfDone(entry.definition, input.now)) : null;
    yield isDone ? { name: entry.name, definition, expectedRevision: entry.revision } : null;
  }
}

/** What is left of a done entry. It says whose it was: the configuration of that application may still have it. */
export function tombstoneOfDone(definition: EntryDefinition | RunDefinition, now: number): RemovedDefinition {
  const app = definition.kind === "entry" ? definition.app : undefined;
  return { kind: "removed", removedAt: now, ...(app === undefined ? {} : { app }) };
}

function* removeOldRecords(input: MergeInput): Generator<MergeStep> {
  const { timetable, now } = input;
  for (const [name, { revision, definition }] of timetable.removed) {
    const isOld = !mayBeConfigured(input, name, definition) && now - definition.removedAt > TOMBSTONE_MS;
    yield isOld ? { name, definition: null, expectedRevision: revision } : null;
  }
  for (const entry of timetable.entries.values()) {
    yield hasSentAll(entry) ? { name: entry.name, definition: null, expectedRevision: entry.revision } : null;
  }
}

/** Whether a configuration may still name the removed entry. That of another application is not known here (R31). */
function mayBeConfigured(input: MergeInput, name: string, { app: owner }: RemovedDefinition): boolean {
  const { config, app } = input;
  if (config?.has(name)) return true;
  return owner !== undefined && (config === null || owner !== app || isOutdated(input));
}

/** Those of the applications that this configuration has replaced. */
function* removeAppRecords({ timetable }: MergeInput): Generator<MergeStep> {
  for (const [app, { revision }] of [...timetable.apps]) {
    yield { name: APP_PREFIX + app, definition: null, expectedRevision: revision };
  }
}
