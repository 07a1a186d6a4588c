import { ConfigError } from "../base/errors.js";
import { describe, isPlainObject } from "../base/json.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import type { Entry } from "./entry.js";
import { checkEntryName, readEntry } from "./read-entry.js";

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
