/** The schedule that a new leader would run: the real merge (R30, R31), applied to what a client has read. No I/O. */

import { systemClock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { readFields } from "../base/known-fields.js";
import { checkShapes } from "../base/option-shapes.js";
import { runsOf } from "../client/entry-view.js";
import type { Schedule } from "../contract/schedule.js";
import { type Configuration, readConfigEntries } from "../entry/configuration.js";
import type { EntryDefinition } from "../entry/definition.js";
import type { Entry, EntryInput } from "../entry/entry.js";
import { fullName } from "../entry/entry-names.js";
import { endOfPause, isPaused } from "../entry/pause.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { decide } from "../timetable/due.js";
import { isActive, type LiveEntry } from "../timetable/live-entry.js";
import { cursorAfter } from "../timetable/next-cursor.js";
import { refusedConfiguration } from "../timetable/foreign-configuration.js";
import { isOutdated, mergeConfiguration, type MergeInput } from "../timetable/merge-configuration.js";
import { countingOf, nextInstant } from "../timetable/next-instant.js";
import { followsConfiguration } from "../timetable/reconcile.js";
import { renamedEntries, renames } from "../timetable/renamed-entries.js";
import { Timetable } from "../timetable/timetable.js";
import { readBack } from "./read-back.js";
import { fill, NOTHING_STORED, recordOf, type StoredSchedule } from "./stored-schedule.js";

export interface PlannedSchedule {
  /**
   * By full name (`APP/NAME`). First the entries of the configuration, if it is merged, then the other stored ones; each group
   * in its own order.
   */
  readonly entries: ReadonlyMap<string, PlannedEntry>;
  /** Names of stored entries that the configuration no longer has: the leader removes them. */
  readonly removed: readonly string[];
  /**
   * Why the configuration is foreign to the stored schedule, so that the node stands by (R43); `null`: it is merged.
   */
  readonly foreign: string | null;
  /** Broken entries, by name, with a `BAD_ENTRY` error. The leader leaves them stored and runs the others. */
  readonly broken: ReadonlyMap<string, Error>;
}

export interface PlannedEntry {
  /**
   * The definition that counts, with `schedule` as it was written, fit for `simulate`: `maxRuns` is what is left,
   * `firstRun` is omitted if the entry has a history, and `startAt` is not before the end of a pause. A `done` entry keeps
   * them as written.
   */
  readonly input: EntryInput;
  /** Its `schedule`, read in the zone of the configuration. */
  readonly rule: Schedule;
  /** Where `input` comes from. */
  readonly from: "configuration" | "stored";
  /** Why `input` is the stored one although the configuration has the entry: a client did this. Otherwise `null`. */
  readonly clientChange: "created" | "edited" | null;
  /**
   * `active`: it runs, or will after `pausedUntil`. `paused`: by a client, until it is resumed. `disabled`: by `enabled: false`. `done`: all `maxRuns` were sent, or it would
   * run but has no instant left; the leader removes it after its pause, or does not add it, if its `whenDone` is `"remove"`.
   */
  readonly state: "active" | "paused" | "disabled" | "done";
  /** The pause ends by itself at this moment, epoch ms; `null`: the entry is not paused, or has to be resumed. */
  readonly pausedUntil: number | null;
  /** Occurrences sent so far. */
  readonly runs: number;
}

/**
 * Returns the schedule that a node with this configuration runs when it starts to lead at `now` (epoch ms, default: the
 * system's time). Nothing is written.
 * `stored` omitted: the store is empty. `schedule` of the configuration omitted: only what is stored counts.
 * @throws ConfigError for a wrong entry or zone of the configuration; it names the field (`schedule.<name>.…`).
 */
export function planSchedule(
  configuration: Configuration,
  stored: StoredSchedule = NOTHING_STORED,
  now: number = systemClock.now(),
): PlannedSchedule {
  const { schedule, timezone = "UTC", scheduleTypes, ...given } = readConfiguration(configuration);
  const { configVersion = null, app = null, replaceSchedule = false } = given;
  const parseRule = readBack(ruleParser(timezone, scheduleTypes));
  const config = readConfigEntries({ schedule, app }, parseRule);
  const timetable = new Timetable(parseRule);
  fill(timetable, stored, now);
  const appRecord = app === null ? null : recordOf({ configVersion, startedAt: now, fingerprint: "planned" });
  const own = { configVersion, app, appRecord, replaceSchedule };
  const merge = { ...own, timetable, config, lockTtlMs: 0, guarantee: "", now };
  const foreign = refusedConfiguration(timetable, merge);
  if (!foreign) mergeInto(timetable, merge);
  const inputs = foreign || isOutdated(merge) ? undefined : schedule;
  const entries = new Map<string, PlannedEntry>();
  for (const [written, input] of Object.entries(inputs ?? {})) {
    const name = fullName(app, written);
    const live = timetable.entries.get(name);
    if (live) entries.set(name, planLive(live, now, input));
    else if (!timetable.broken.has(name)) entries.set(name, planLeftOut(input, config!.get(name)!, name, timetable));
  }
  for (const { name } of stored.entries) {
    const live = timetable.entries.get(name);
    if (live && !entries.has(name)) entries.set(name, planLive(live, now));
  }
  const removed = stored.entries.map(({ name }) => name).filter((name) => timetable.removed.has(name));
  const broken = brokenEntries(timetable, stored, entries);
  return { entries, removed, foreign: foreign?.message ?? null, broken };
}

function mergeInto(timetable: Timetable, merge: MergeInput): void {
  for (const renamed of renames(merge) ? renamedEntries(merge) : []) {
    if (renamed === null) continue;
    const { name, definition } = renamed.change;
    const cursor = renamed.cursor ?? timetable.cursorText(name);
    timetable.apply({ name, definition, revision: "renamed", cursor }, true);
  }
  for (const change of mergeConfiguration(merge)) {
    if (change === null) continue;
    const { name, definition } = change;
    timetable.apply({ name, definition, revision: "merged", cursor: timetable.cursorText(name) }, false);
  }
}

function readConfiguration(given: Configuration): Configuration {
  const fields = ["schedule", "configVersion", "app", "replaceSchedule", "timezone", "scheduleTypes"] as const;
  const configuration = readFields("the configuration", given, fields);
  checkShapes(configuration);
  return configuration;
}

/** `configured`: its definition in the configuration, if that is merged and has one. */
function planLive(live: LiveEntry, now: number, configured?: EntryInput): PlannedEntry {
  // Only entries were added, no requested runs.
  const definition = live.definition as EntryDefinition;
  const isFollowed = configured !== undefined && followsConfiguration(definition);
  // The stored form of an entry is one of those in which it can be written.
  const written = isFollowed ? configured : (definition.entry as unknown as EntryInput);
  const change = definition.source === "api" ? "created" : "edited";
  const state = stateOf(live, now);
  const pausedUntil = isPaused(definition, now) ? (endOfPause(definition) ?? null) : null;
  return {
    input: state === "done" ? written : remainderOf(written, live, pausedUntil),
    rule: live.rule.schedule,
    from: isFollowed ? "configuration" : "stored",
    clientChange: configured === undefined || isFollowed ? null : change,
    state,
    pausedUntil,
    runs: live.cursor?.runs ?? 0,
  };
}

/** An entry that the merge leaves out because it would be done (R31). */
function planLeftOut(input: EntryInput, { schedule }: Entry, name: string, timetable: Timetable): PlannedEntry {
  const runs = runsOf(name, timetable.cursorText(name));
  return { input, rule: schedule, from: "configuration", clientChange: null, state: "done", pausedUntil: null, runs };
}

function stateOf(live: LiveEntry, now: number): PlannedEntry["state"] {
  const { definition, rule, cursor } = live;
  const isHeld = isPaused(definition as EntryDefinition, now);
  if (isHeld && !isActive(live)) return "paused";
  if (rule.maxRuns !== null && (cursor?.runs ?? 0) >= rule.maxRuns) return "done";
  if (!rule.enabled) return "disabled";
  // The policy may skip an overdue run, and then nothing may be left; so may a pause, when it ends.
  const decision = decide(rule, cursor, Math.max(now, rule.pausedUntil ?? now));
  if (decision && decision.send.length > 0) return "active";
  const after = decision === null ? cursor : cursorAfter(cursor, decision, { fence: 0, now });
  return nextInstant(rule, after) === null ? "done" : "active";
}

function remainderOf(written: EntryInput, { rule, cursor }: LiveEntry, pausedUntil: number | null): EntryInput {
  const from = countingOf(rule, cursor).effectiveFrom + 1;
  const start = pausedUntil === null ? {} : { startAt: Math.max(rule.startAt ?? -Infinity, from) };
  if (cursor === null) return { ...written, ...start };
  const { firstRun: _firstRun, ...input } = { ...written, ...start };
  return input.maxRuns == null ? input : { ...input, maxRuns: input.maxRuns - cursor.runs };
}

/** Those that the timetable cannot read, and those that the client could not, unless the configuration replaces them. */
function brokenEntries(
  timetable: Timetable,
  { broken = [] }: StoredSchedule,
  entries: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, Error> {
  const unread = broken.filter(({ name }) => !entries.has(name));
  const errors = new Map<string, Error>(
    unread.map(({ name, message }) => [name, new BeatxError("BAD_ENTRY", message)] as const),
  );
  for (const [name, { error }] of timetable.broken) if (!errors.has(name)) errors.set(name, error);
  return errors;
}
