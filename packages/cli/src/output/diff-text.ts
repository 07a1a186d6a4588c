import {
  type EntryVersions,
  type JsonObject,
  type JsonValue,
  parseSchedule,
  type ScheduleDiff,
  type ScheduleJson,
} from "@beatx/core";
import { mayColor } from "./colors.js";
import type { CommandContext } from "./command-context.js";
import { isoTime } from "./format-time.js";
import { printable } from "./printable.js";

type Mark = "+" | "-" | "~" | "!";

const COLORS: Readonly<Record<Mark, number>> = { "+": 32, "-": 31, "~": 33, "!": 35 };

/** Colors a line by its mark, where colors may be used. */
export type Paint = (mark: Mark, line: string) => string;

export function paintFor(context: Pick<CommandContext, "stdout" | "env">): Paint {
  const hasColors = mayColor(context);
  return (mark, line) => (hasColors ? `\u001b[${COLORS[mark]}m${line}\u001b[0m` : line);
}

/** One line for each entry that differs, with the fields that do; then the numbers. */
export function diffToText(diff: ScheduleDiff, paint: Paint): string {
  const line = (mark: Mark, name: string, more: string): string =>
    `${paint(mark, printable(`${mark} ${name}${more === "" ? "" : `: ${more}`}`))}\n`;
  const lines = [
    ...diff.added.map(({ name, configured }) => line("+", name, fieldsOf(configured))),
    ...diff.removed.map(({ name, stored }) => line("-", name, stored ? fieldsOf(stored) : "")),
    ...diff.changed.map((entry) => line("~", entry.name, changesOf(entry))),
    ...diff.overridden.map((entry) => line("!", entry.name, versionsOf(entry))),
  ];
  return `${lines.join("")}${countsOf(diff)}\n`;
}

/** Whether the configuration and the stored schedule differ. */
export function isDifferent({ added, removed, changed, overridden }: ScheduleDiff): boolean {
  return added.length + removed.length + changed.length + overridden.length > 0;
}

/** "2 added, 1 unchanged"; kinds without entries are left out. */
export function countsOf({ added, removed, changed, overridden, unchanged }: ScheduleDiff): string {
  const counts: readonly (readonly [number, string])[] = [
    [added.length, "added"],
    [removed.length, "vanished"],
    [changed.length, "changed"],
    [overridden.length, "changed by clients"],
    [unchanged.length, "unchanged"],
  ];
  const words = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return words.length === 0 ? "no entries" : words.join(", ");
}

function fieldsOf(entry: JsonObject): string {
  return Object.entries(entry)
    .map(([field, value]) => `${field} ${textOf(field, value)}`)
    .join(", ");
}

/** The fields that differ, each as `field old -> new`. */
function changesOf({ stored, configured }: EntryVersions): string {
  if (!stored) return `cannot be read -> ${fieldsOf(configured)}`;
  const changes = differingFields(stored, configured).map(
    (field) => `${field} ${valueOf(stored, field)} -> ${valueOf(configured, field)}`,
  );
  return changes.length === 0 ? "gets the name of its application" : changes.join(", ");
}

/** Both versions of an entry that a client has changed. */
function versionsOf({ stored, configured }: EntryVersions): string {
  if (!stored) return `stored: cannot be read; configuration: ${fieldsOf(configured)}`;
  const fields = differingFields(stored, configured);
  const of = (entry: JsonObject): string => fields.map((field) => `${field} ${valueOf(entry, field)}`).join(", ");
  return `stored (by a client): ${of(stored)}; configuration: ${of(configured)}`;
}

function differingFields(one: JsonObject, other: JsonObject): string[] {
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...fields].filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));
}

function valueOf(entry: JsonObject, field: string): string {
  const value = entry[field];
  return value === undefined ? "(default)" : textOf(field, value);
}

/** Rules and moments as people read them, other values as JSON. */
function textOf(field: string, value: JsonValue): string {
  if (field === "schedule") return wordsOf(value);
  const isMoment = (field === "startAt" || field === "endAt") && typeof value === "number";
  return isMoment ? isoTime(value) : JSON.stringify(value);
}

/** A rule in one line; as JSON if its type comes from a package. */
function wordsOf(schedule: JsonValue): string {
  try {
    return parseSchedule(schedule as ScheduleJson).toString();
  } catch {
    return JSON.stringify(schedule);
  }
}
