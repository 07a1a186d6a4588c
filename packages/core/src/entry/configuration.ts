import { ConfigError } from "../base/errors.js";
import { Faults } from "../base/faults.js";
import { describe } from "../base/describe.js";
import { guarded, isPlainObject } from "../base/json.js";
import { atOnce } from "../base/slices.js";
import type { RuleType } from "../contract/schedule.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import type { Entry, EntryInput } from "./entry.js";
import { fullName } from "./entry-names.js";
import { checkEntryName, readEntry } from "./read-entry.js";

/** The entries that the code of a node names, and how they are read and merged. */
export interface Configuration {
  /**
   * The entries of this application, by name. Omitted: stored entries run unchanged. `{}`: has none, and removes those
   * of its earlier configurations; without `app` only if `replaceSchedule` is set.
   */
  readonly schedule?: Readonly<Record<string, EntryInput>>;
  /**
   * Raise it with each change of `schedule`, so that the nodes of a rolling deployment do not undo each other's changes: a
   * node with a lower version merges nothing. Default: with `app` the node that started last wins, without it the last
   * leader.
   */
  readonly configVersion?: number;
  /**
   * The name of this application, for several that share one beat. Its entries are stored as `APP/NAME`, and its nodes
   * own these and no others: they write them whichever node leads, and the leader sends those of all applications. Without
   * a name the schedule belongs to one application, and a node does not lead one whose configuration has other entries only.
   */
  readonly app?: string;
  /**
   * `true`: `schedule` replaces the stored configuration even if that is foreign: its entries are removed. Of an
   * application that has got a name, they go on under their new names. Set it for one start. Default `false`.
   */
  readonly replaceSchedule?: boolean;
  /** Zone of rules that name none. Default `"UTC"`. */
  readonly timezone?: string;
  /** Types of schedule beside the built-in ones, and calendars, such as one of your own (`calendar(…)`). */
  readonly scheduleTypes?: readonly RuleType[];
}

/** The checked entries of a configuration, by their full names (`APP/NAME`); `null`: it has no `schedule`. */
export type ConfigEntries = ReadonlyMap<string, Entry> | null;

/** The entries of a configuration that nobody has checked, and the name of its application. */
export interface WrittenEntries {
  readonly schedule?: unknown;
  readonly app?: string | null | undefined;
}

/** The entries as they are written; none if `schedule` is not an object, which the reading refuses. */
export function entriesOf(schedule: unknown): unknown[] {
  return isPlainObject(schedule) ? guarded("schedule", () => Object.values(schedule)) : [];
}

/** Reads the entries at once. @throws ConfigError that names all that is wrong. */
export function readConfigEntries(given: WrittenEntries, parseRule: ParseRule): ConfigEntries {
  return atOnce(readingConfigEntries(given, parseRule));
}

/**
 * Yields after each entry, so that the caller can pause. @throws ConfigError that names all that is wrong, each field as
 * it was written.
 */
export function* readingConfigEntries(
  { schedule, app = null }: WrittenEntries,
  parseRule: ParseRule,
): Generator<void, ConfigEntries> {
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
      const full = checkEntryName(fullName(app, checkEntryName(name, "schedule")), "schedule");
      entries.set(full, readEntry(input, full, `schedule.${name}`, parseRule));
    });
    yield;
  }
  faults.throwAny();
  return entries;
}
