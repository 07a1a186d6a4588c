/** Compares a configuration with the stored schedule, and writes it, by the rule of the nodes (R30, R47). */

import { BeatxError, ConfigError } from "../base/errors.js";
import { readFields, readFlag, refuseUnknownFields } from "../base/known-fields.js";
import { inSlices } from "../base/slices.js";
import { fingerprinting } from "../entry/app-record.js";
import { type ConfigEntries, entriesOf, readingConfigEntries } from "../entry/configuration.js";
import { type AppDefinition, CLUSTER_RECORD, encodeDefinition } from "../entry/definition.js";
import type { Entry, EntryInput } from "../entry/entry.js";
import { ScheduleWriter, WITHOUT_LEASE } from "../sync/schedule-writer.js";
import { checkValueSize } from "../store/value-size.js";
import { refusedConfiguration } from "../timetable/foreign-configuration.js";
import { appChange, isOutdated, type MergeInput } from "../timetable/merge-configuration.js";
import { type MergeStep, newMergeNotes, reconcileName } from "../timetable/reconcile.js";
import { TRIES } from "./apply-edits.js";
import { type Connection, timeOf } from "./connection.js";
import { readEverything } from "./read-entries.js";
import { comparing, namesToCompare, type ScheduleDiff } from "./schedule-diff.js";

export interface ApplyOptions {
  /** `true`: entries that the configuration no longer has end. Default `false`: they stay until its nodes end them. */
  readonly prune?: boolean;
  /** `true`: only compare, and refuse what would be refused. Default `false`. */
  readonly dryRun?: boolean;
}

/** @throws ConfigError for options that are wrong. */
export function readApplyOptions(given: ApplyOptions): Required<ApplyOptions> {
  const known = ["prune", "dryRun"] as const;
  const options = readFields("the options of apply", given, known);
  refuseUnknownFields("the options of apply", given, known);
  return { prune: readFlag("prune", options.prune), dryRun: readFlag("dryRun", options.dryRun) };
}

type Schedule = Readonly<Record<string, EntryInput>> | undefined;

/** @throws ConfigError for a schedule that is wrong or foreign; StoreError */
export async function diffSchedule(connection: Connection, schedule: Schedule): Promise<ScheduleDiff> {
  return compare(connection, await readInput(connection, await readEntries(connection, schedule)));
}

/** Answers what it has found, as of its first look. @throws as `client.apply` */
export async function applySchedule(
  connection: Connection,
  schedule: Schedule,
  { prune, dryRun }: Required<ApplyOptions>,
): Promise<ScheduleDiff> {
  const config = await readEntries(connection, schedule);
  let found: ScheduleDiff | null = null;
  for (let tries = 0; tries < TRIES; tries++) {
    const input = await readInput(connection, config);
    if (isOutdated(input)) throw outdated(input);
    found ??= await compare(connection, input);
    if (dryRun || (await write(connection, input, prune))) return found;
  }
  throw new BeatxError("CONFLICT", `the stored entries changed ${TRIES} times meanwhile: repeat it`);
}

type Input = MergeInput & { readonly config: ReadonlyMap<string, Entry> };

async function readEntries(
  { own, types, parseRule, clock }: Connection,
  schedule: Schedule = own.schedule,
): Promise<NonNullable<ConfigEntries>> {
  await types.load(types.missingIn(entriesOf(schedule) as EntryInput[]));
  const config = await inSlices(clock, readingConfigEntries({ schedule, app: own.app }, parseRule));
  if (config) return config;
  throw new ConfigError("schedule is missing: pass the entries, by name, or name them in configuration.schedule", {
    field: "schedule",
  });
}

async function readInput(connection: Connection, config: Input["config"]): Promise<Input> {
  const { own, clock } = connection;
  const { app, configVersion } = own;
  const [timetable, now] = [await readEverything(connection), await timeOf(connection)];
  const refused = refusedConfiguration(timetable, { config, app });
  if (refused) throw refused;
  const fingerprint = await inSlices(clock, fingerprinting(config));
  const record: AppDefinition = { kind: "app", configVersion, startedAt: now, fingerprint, publisher: null };
  const given = { timetable, config, app, configVersion, appRecord: app === null ? null : record, now };
  const { lockTtlMs, delivery } = timetable.cluster;
  return { ...given, replaceSchedule: false, lockTtlMs: lockTtlMs ?? 0, guarantee: delivery ?? "" };
}

async function compare({ clock }: Connection, input: Input): Promise<ScheduleDiff> {
  return inSlices(clock, comparing(input));
}

/** Answers whether nothing came in between. The record comes last: until then, running nodes of before still count. */
async function write({ store, clock }: Connection, input: Input, prune: boolean): Promise<boolean> {
  const writer = new ScheduleWriter(WITHOUT_LEASE, store, input.timetable, clock);
  const check = (name: string, definition: string): void =>
    checkValueSize(store.name, name, definition, store.capabilities.maxValueBytes);
  if (!(await writer.write(entrySteps(input, prune, check))).isClean) return false;
  return (await writer.write([appChange(input), versionChange(input)])).isClean;
}

function* entrySteps(
  input: Input,
  prune: boolean,
  check: (name: string, definition: string) => void,
): Generator<MergeStep> {
  const notes = newMergeNotes();
  for (const name of namesToCompare(input)) {
    const step = reconcileName(input, input.config, name, notes);
    if (step) check(name, step.definition ?? "");
    yield prune || input.config.has(name) ? step : null;
  }
}

/** A configuration without a name has its version in the cluster record, which a leader creates. */
function versionChange({ timetable, app, configVersion, lockTtlMs, guarantee: delivery }: Input): MergeStep {
  const { revision, error, configVersion: stored } = timetable.cluster;
  if (app !== null || revision === null || error || configVersion === null || configVersion === stored) return null;
  const definition = encodeDefinition({ kind: "cluster", configVersion, lockTtlMs, delivery });
  return { name: CLUSTER_RECORD, definition, expectedRevision: revision };
}

function outdated({ timetable, app, configVersion }: Input): BeatxError {
  const stored = app === null ? timetable.cluster.configVersion : timetable.apps.get(app)?.definition?.configVersion;
  const own = configVersion === null ? "none" : configVersion;
  const message = `the stored configuration has version ${stored}, and this one has ${own}: raise configVersion to replace it`;
  return new BeatxError("CONFLICT", message);
}
