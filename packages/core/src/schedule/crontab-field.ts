import { CronExpressionParser } from "cron-parser";

import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";

/** A field as in Celery: text in the crontab grammar, a number, or a list of numbers. */
export type CrontabValue = string | number | readonly number[];

export type CrontabFieldName = "minute" | "hour" | "dayOfMonth" | "monthOfYear" | "dayOfWeek";

/** A line may begin with seconds. */
export type LineFieldName = "second" | CrontabFieldName;

export interface CrontabField {
  /** Canonical text: in lower case, with numbers and lists as text. */
  readonly text: string;
  /** Ascending, without duplicates, at least one. Sunday is 0. */
  readonly values: readonly number[];
}

interface FieldKind {
  /** The field's name in cron-parser. */
  readonly parsedAs: "second" | "minute" | "hour" | "dayOfMonth" | "month" | "dayOfWeek";
  readonly min: number;
  readonly max: number;
  /** The names of the values, from `min` on. The first three letters are enough. */
  readonly names: readonly string[];
}

const MONTHS = "january february march april may june july august september october november december".split(" ");
const WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

export const FIELD_KINDS: Readonly<Record<LineFieldName, FieldKind>> = {
  second: { parsedAs: "second", min: 0, max: 59, names: [] },
  minute: { parsedAs: "minute", min: 0, max: 59, names: [] },
  hour: { parsedAs: "hour", min: 0, max: 23, names: [] },
  dayOfMonth: { parsedAs: "dayOfMonth", min: 1, max: 31, names: [] },
  monthOfYear: { parsedAs: "month", min: 1, max: 12, names: MONTHS },
  dayOfWeek: { parsedAs: "dayOfWeek", min: 0, max: 6, names: WEEKDAYS },
};

/** The order of the six fields in a crontab line. */
export const LINE_FIELDS = Object.keys(FIELD_KINDS) as readonly LineFieldName[];
/** Celery's five fields: the same without seconds. */
export const CRONTAB_FIELDS = LINE_FIELDS.slice(1) as readonly CrontabFieldName[];

/** One part of a list in Celery's grammar. A step can follow only `*` or a range. */
const PART =
  /^(?:(?<all>\*)|(?<from>[a-z]+|\d{1,2})-(?<to>[a-z]+|\d{1,2}))(?:\/(?<step>\d+))?$|^(?<only>[a-z]+|\d{1,2})$/;

/** Reads one field in Celery's grammar. @throws ConfigError that names the field, the value and the allowed syntax. */
export function parseCrontabField(name: CrontabFieldName, value: unknown): CrontabField {
  try {
    const text = typeof value === "string" ? value.toLowerCase() : textOfNumbers(value);
    return { text, values: sortedValues(text.split(",").flatMap((part) => expandPart(name, part))) };
  } catch (cause) {
    throw unreadableField(name, value, cause);
  }
}

/** Ascending, without duplicates. */
export function sortedValues(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** The error for a field that cannot be read. `more`: syntax that is allowed in addition. */
export function unreadableField(name: LineFieldName, value: unknown, cause: unknown, more: string = ""): ConfigError {
  const { min, max, names } = FIELD_KINDS[name];
  const orName = names.length === 0 ? "" : ` or a name (${names.map((each) => each.slice(0, 3)).join(", ")})`;
  const written = `*, a number from ${min} to ${max}${orName}, a range (1-5), a step (*/2, 1-5/2)${more}`;
  const hint = `write ${written}, or a list of these with commas`;
  return new ConfigError(`crontab ${name} ${describe(value)} cannot be read: ${hint}`, { field: name, cause });
}

function textOfNumbers(value: unknown): string {
  const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (numbers.length === 0) throw new Error("an empty list is never due");
  if (!numbers.every(Number.isInteger)) throw new Error("expected text or whole numbers");
  return numbers.join(",");
}

/**
 * Returns the numbers of a part, in the order in which Celery steps through them.
 *
 * cron-parser reads and checks the ranges. This function handles the differences of Celery's grammar: a range may wrap
 * around (`22-4`, with steps through the wrap), parts may overlap (cron-parser refuses duplicates), 7 is not a weekday,
 * names may be written in full, and there is no `5/10`.
 * @throws Error for a part that is not in the grammar.
 */
export function expandPart(name: LineFieldName, part: string): readonly number[] {
  const groups = PART.exec(part)?.groups;
  if (groups === undefined) throw new Error(`${describe(part)} is not in the crontab grammar`);
  const { min, max } = FIELD_KINDS[name];
  const first = groups["all"] ? min : readNumber(name, groups["only"] ?? groups["from"]!);
  const last = groups["all"] ? max : readNumber(name, groups["only"] ?? groups["to"]!);
  const step = Number(groups["step"] ?? 1);
  if (step === 0) throw new Error("the step is 0");
  const numbers =
    first <= last ? parseRange(name, first, last) : [...parseRange(name, first, max), ...parseRange(name, min, last)];
  return numbers.filter((_, index) => index % step === 0);
}

function readNumber(name: LineFieldName, text: string): number {
  if (/^\d/.test(text)) return Number(text);
  const { names, min } = FIELD_KINDS[name];
  const index = names.findIndex((each) => each === text || each.slice(0, 3) === text);
  if (index < 0) throw new Error(`${describe(text)} is not a name of this field`);
  return index + min;
}

/**
 * All rules share the parsed ranges, because the same ones occur again and again and cron-parser takes some 70 µs for
 * one.
 */
const ranges = new Map<string, readonly number[]>();

function parseRange(name: LineFieldName, first: number, last: number): readonly number[] {
  const range = `${first}-${last}`;
  const key = `${name} ${range}`;
  const known = ranges.get(key);
  if (known !== undefined) return known;
  const { parsedAs, max } = FIELD_KINDS[name];
  const line = LINE_FIELDS.map((each) => (each === name ? range : "*")).join(" ");
  const values = CronExpressionParser.parse(line).fields[parsedAs].values.map(Number);
  // cron-parser accepts 7 as Sunday; Celery refuses it.
  if (last > max) throw new Error(`${last} is above ${max}`);
  ranges.set(key, values);
  return values;
}
