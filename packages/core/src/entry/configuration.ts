import { ConfigError } from "../base/errors.js";
import { Faults } from "../base/faults.js";
import { describe } from "../base/describe.js";
import { guarded, isPlainObject } from "../base/json.js";
import { atOnce } from "../base/slices.js";
import type { ScheduleType } from "../contract/schedule.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import type { Entry, EntryInput } from "./entry.js";
import { checkEntryName, readEntry } from "./read-entry.js";

/** The entries that the code of a node names, and how they are read and merged. */
export interface Configuration {
  /**
   * The entries of this application, by name. Omitted: stored entries run unchanged. `{}`: has none, and removes those
   * of earlier configurations if `app` or `replaceSchedule` allows it.
   */
  readonly schedule?: Readonly<Record<string, EntryInput>>;
  /**
   * Raise it with each change of `schedule`, so that the nodes of a rolling deployment do not undo each other's changes: a
   * leader with a lower version merges nothing. Default: the last leader wins.
   */
  readonly configVersion?: number;
  /**
   * The name of this application. A node does not lead a schedule that belongs to an application of another name.
   * Without names it does not lead one whose configuration has other entries only.
   */
  readonly app?: string;
  /**
   * `true`: `schedule` replaces the stored configuration even if that belongs to another application: its entries are
   * removed. Set it for one start. Default `false`.
   */
  readonly replaceSchedule?: boolean;
  /** Zone of rules that name none. Default `"UTC"`. */
  readonly timezone?: string;
  /** Types of schedule beside the built-in ones. */
  readonly scheduleTypes?: readonly ScheduleType[];
}

/** The checked entries of a configuration, by name; `null`: it has no `schedule`. */
export type ConfigEntries = ReadonlyMap<string, Entry> | null;

/** The entries as they are written; none if `schedule` is not an object, which the reading refuses. */
export function entriesOf(schedule: unknown): unknown[] {
  return isPlainObject(schedule) ? guarded("schedule", () => Object.values(schedule)) : [];
}

/** Reads the entries at once. @throws ConfigError that names all that is wrong. */
export function readConfigEntries(schedule: unknown, parseRule: ParseRule): ConfigEntries {
  return atOnce(readingConfigEntries(schedule, parseRule));
}

/** Yields after each entry, so that the caller can pause. @throws ConfigError that names all that is wrong. */
export function* readingConfigEntries(schedule: unknown, parseRule: ParseRule): Generator<void, ConfigEntries> {
  if (schedule === undefined) return null;
  if (!isPlainObject(schedule)) {
    throw new ConfigError(`schedule is ${describe(schedule)}: expected an object of entries by name`, {
      field: "schedule",
    });
  }
  const faults = new Faults();
  const entries = new Map<string, Entry>();
  for (const [name, input] of guarded("schedule", () => Object.entries(schedule))) {
    faults.collect(() => {
      entries.set(checkEntryName(name, "schedule"), readEntry(input, name, `schedule.${name}`, parseRule));
    });
    yield;
  }
  faults.throwAny();
  return entries;
}
