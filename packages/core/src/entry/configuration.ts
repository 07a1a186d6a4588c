import { ConfigError } from "../base/errors.js";
import { describe } from "../base/describe.js";
import { isPlainObject } from "../base/json.js";
import type { ScheduleType } from "../contract/schedule.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import type { Entry, EntryInput } from "./entry.js";
import { checkEntryName, readEntry } from "./read-entry.js";

/** The entries that the code of a node names, and how they are read and merged. */
export interface Configuration {
  /** The entries of this application, by name. Omitted: stored entries run unchanged. `{}`: removes all entries that earlier configurations created. */
  readonly schedule?: Readonly<Record<string, EntryInput>>;
  /**
   * Raise it with each change of `schedule`, so that the nodes of a rolling deployment do not undo each other's changes: a
   * leader with a lower version merges nothing. Default: the last leader wins.
   */
  readonly configVersion?: number;
  /** Zone of rules that name none. Default `"UTC"`. */
  readonly timezone?: string;
  /** Types of schedule beside the built-in ones. */
  readonly scheduleTypes?: readonly ScheduleType[];
}

/**
 * The checked entries of a configuration; `null`: it has no `schedule`.
 * @throws ConfigError for the first entry that is wrong.
 */
export function readConfigEntries(schedule: unknown, parseRule: ParseRule): ReadonlyMap<string, Entry> | null {
  if (schedule === undefined) return null;
  if (!isPlainObject(schedule)) {
    throw new ConfigError(`schedule is ${describe(schedule)}: expected an object of entries by name`, {
      field: "schedule",
    });
  }
  const entries = Object.entries(schedule).map(([name, input]): [string, Entry] => {
    return [checkEntryName(name, "schedule"), readEntry(input, name, `schedule.${name}`, parseRule)];
  });
  return new Map(entries);
}
