import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { sortedValues } from "./crontab-field.js";

/** The field after the day of week: the years in which a rule is due. */
export interface YearField {
  /** As written, in lower case. */
  readonly text: string;
  /** Ascending, without duplicates, at least one. */
  readonly values: readonly number[];
}

const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;
const PART = /^(?:\*|(?<from>\d{4})(?:-(?<to>\d{4}))?)(?:\/(?<step>[1-9]\d{0,3}))?$/;

/** Reads years as Quartz and EventBridge do; `null`: every year (`*`). @throws ConfigError that names the value. */
export function parseYearField(written: string): YearField | null {
  if (written === "*" || written === "?") return null;
  const values = written.split(",").flatMap((part) => expandYears(part, written));
  return { text: written.toLowerCase(), values: sortedValues(values) };
}

function expandYears(part: string, written: string): number[] {
  const groups = PART.exec(part)?.groups;
  const from = Number(groups?.["from"] ?? FIRST_YEAR);
  const isOpen = groups?.["from"] === undefined || groups["step"] !== undefined;
  const to = Number(groups?.["to"] ?? (isOpen ? LAST_YEAR : from));
  if (groups === undefined || from < FIRST_YEAR || to > LAST_YEAR || from > to) {
    const hint = `write *, a year from ${FIRST_YEAR} to ${LAST_YEAR}, a range (2030-2035), a step (2030/2), or a list of these with commas`;
    throw new ConfigError(`crontab year ${describe(written)} cannot be read: ${hint}`, { field: "year" });
  }
  const step = Number(groups["step"] ?? 1);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}
