import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { stableOffset } from "../base/ids.js";
import { readFloatingDay } from "./crontab-day.js";
import {
  CRONTAB_FIELDS,
  type CrontabField,
  expandPart,
  FIELD_KINDS,
  LINE_FIELDS,
  type LineFieldName,
  sortedValues,
  unreadableField,
} from "./crontab-field.js";
import { parseYearField, type YearField } from "./crontab-year.js";
import type { FloatingDay } from "./month-days.js";
import { isFieldLike, withoutCommand } from "./pasted-command.js";
import { refuseUnclearNumbers, type WeekdayNumbers } from "./weekday-number.js";

/** One field of a line. It has more syntax than Celery's fields: `L`, `15W`, `friL`, `mon#2`, `0/5`, `H`. */
export interface LineField extends CrontabField {
  readonly floating: readonly FloatingDay[];
}

export type CrontabLine = Readonly<Record<LineFieldName, LineField>> & {
  /** `null`: every year. */
  readonly year: YearField | null;
};

/**
 * `"text"`: written or pasted by people, so numbers of weekdays that mean another day elsewhere are refused. `"json"`:
 * the form in which rules are stored, where 0 is always Sunday.
 */
export type LineForm = "text" | "json";

const ALIASES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@weekdays": "0 0 * * 1-5",
  "@weekends": "0 0 * * 0,6",
  "@minutely": "* * * * *",
  "@every_minute": "* * * * *",
  "@secondly": "* * * * * *",
  "@every_second": "* * * * * *",
};

const HASHED = /^h(?:\((?<low>\d{1,2})-(?<high>\d{1,2})\))?(?:\/(?<step>\d+))?$/;
/** `3/10`: steps from 3 on. */
const STEPS_FROM = /^(?<from>[a-z]+|\d{1,2})\/(?<step>\d+)$/;
/** A day or range of days that begins or ends with 7, which is Sunday. */
const WITH_SEVEN = /^(?:7(?:-(?<to>[a-z]+|\d))?|(?<from>[a-z]+|\d)-7)(?<step>\/\d+)?$/;
/** `H` alone chooses a day that every month has. */
const LAST_HASHED_DAY = 28;

/** The words of a line; those of its meaning if it is a name such as `@daily`. */
export function wordsOf(line: string): string[] {
  const trimmed = line.trim();
  return (ALIASES[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
}

/**
 * Reads five fields, six with leading seconds, seven with a year at the end, or a name such as `@daily`. `hash` chooses
 * the time of each `H`.
 * @throws ConfigError that names the field and the value.
 */
export function parseCrontabLine(line: string, hash: string | undefined, form: LineForm): CrontabLine {
  const words = wordsOf(line);
  const texts = words.length === CRONTAB_FIELDS.length ? ["0", ...words] : words;
  if (texts.length < LINE_FIELDS.length || texts.length > LINE_FIELDS.length + 1 || hasCommand(texts)) {
    throw wrongLength(line);
  }
  if (form === "text") refuseUnclearNumbers(texts[LINE_FIELDS.indexOf("dayOfWeek")]!, numbersOf(words));
  const fields = LINE_FIELDS.map((name, index) => [name, parseLineField(name, texts[index]!, hash)] as const);
  return { ...Object.fromEntries(fields), year: parseYearField(texts[LINE_FIELDS.length] ?? "*") } as CrontabLine;
}

/** The words of a command must not be named as fields: they may contain a secret. */
function hasCommand(texts: readonly string[]): boolean {
  const isLong = texts.length > LINE_FIELDS.length;
  return texts.some((text, index) => text.includes("=") || (isLong && index > 4 && !isFieldLike(text)));
}

function wrongLength(line: string): ConfigError {
  const hint = `write five fields, "minute hour day-of-month month day-of-week", six with seconds in front, seven with a year at the end, or one of ${Object.keys(ALIASES).join(", ")}`;
  return new ConfigError(`crontab ${describe(withoutCommand(line))} cannot be read: ${hint}`, { field: "crontab" });
}

/** Quartz has seconds, and demands a `?`. In a line with seconds and without `?`, 1 is Monday for everybody. */
function numbersOf(words: readonly string[]): WeekdayNumbers {
  const isQuartz = words.length > LINE_FIELDS.length || (words.length === LINE_FIELDS.length && words[3] === "?");
  return isQuartz ? "unclear" : "sunday-0";
}

function parseLineField(name: LineFieldName, written: string, hash: string | undefined): LineField {
  const isDay = name === "dayOfMonth" || name === "dayOfWeek";
  const parts = (isDay && written === "?" ? "*" : written.toLowerCase()).split(",");
  const values: number[] = [];
  const floating: FloatingDay[] = [];
  try {
    const texts = parts.map((part) => {
      const place = readFloatingDay(name, part);
      if (place !== null) {
        floating.push(place.day);
        return place.text;
      }
      const isHashed = part.startsWith("h");
      const text = isHashed ? part.replace("h", "H") : inFieldGrammar(name, part);
      values.push(...(isHashed ? expandHashed(name, part, hash) : expandPart(name, text)));
      return text;
    });
    return { text: texts.join(","), values: sortedValues(values), floating };
  } catch (cause) {
    if (ConfigError.isInstance(cause)) throw cause;
    throw unreadableField(name, written, cause, moreSyntax(name));
  }
}

/**
 * Writes a part of a line in the grammar of Celery's fields, in which rules are stored: `0/5` with a `*`, 7 as 0, and
 * `1-7` as `mon-sun`, since nobody reads `1-0` as all days.
 */
function inFieldGrammar(name: LineFieldName, part: string): string {
  const steps = STEPS_FROM.exec(part)?.groups;
  if (steps !== undefined) return stepsFrom(name, steps["from"]!, steps["step"]!);
  const seven = name === "dayOfWeek" ? WITH_SEVEN.exec(part)?.groups : undefined;
  if (seven === undefined) return part;
  const { to, from, step = "" } = seven;
  if (from === "0" || from?.startsWith("sun")) return `0-6${step}`; // Both ends are Sunday.
  if (to === "7") return "0";
  return from === undefined ? (to === undefined ? "0" : `0-${to}${step}`) : `${nameOfDay(from)}-sun${step}`;
}

function nameOfDay(written: string): string {
  return FIELD_KINDS.dayOfWeek.names[Number(written)]?.slice(0, 3) ?? written;
}

/** From the field's first value, steps go on when the clocks change, as with a `*`. */
function stepsFrom(name: LineFieldName, from: string, step: string): string {
  const { min, max } = FIELD_KINDS[name];
  if (name === "dayOfWeek") {
    const hint = 'a step from one weekday has several meanings: write the days by name, as in "mon,wed,fri"';
    throw new ConfigError(`crontab dayOfWeek ${describe(`${from}/${step}`)} cannot be read: ${hint}`, { field: name });
  }
  const isTime = name !== "dayOfMonth" && name !== "monthOfYear";
  return isTime && Number(from) === min ? `*/${step}` : `${from}-${max}/${step}`;
}

/**
 * Expands `H` and `H(0-29)` to one value, `H/15` and `H(0-29)/10` to steps from a first one. Hash and field alone
 * choose it.
 */
function expandHashed(name: LineFieldName, part: string, hash: string | undefined): number[] {
  const groups = HASHED.exec(part)?.groups;
  if (groups === undefined) throw new Error(`${describe(part)} is not in the crontab grammar`);
  if (hash === undefined) {
    const hint = 'pass the text that chooses its time, as in crontab("H 3 * * *", { hash: "nightly-report" })';
    throw new ConfigError(`crontab ${name} ${describe(part.replace("h", "H"))} has an H but no hash: ${hint}`, {
      field: "hash",
    });
  }
  const { min, max } = FIELD_KINDS[name];
  const low = Number(groups["low"] ?? min);
  const high = Number(groups["high"] ?? (name === "dayOfMonth" ? LAST_HASHED_DAY : max));
  const size = high - low + 1;
  const step = Number(groups["step"] ?? size);
  if (low < min || high > max || size < 1) throw new Error(`${low}-${high} is not a range within ${min}-${max}`);
  if (step < 1 || step > size) throw new Error(`the step ${step} does not fit into ${low}-${high}`);
  const first = low + stableOffset(`${name} ${hash}`, step);
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, index) => first + index * step);
}

function moreSyntax(name: LineFieldName): string {
  const days = {
    dayOfMonth:
      ", L (the last day), L-2 (two days before it), LW (the last weekday), 15W (the weekday nearest the 15th)",
    dayOfWeek: ", friL (the last Friday), mon#2 (the second Monday)",
  };
  return `${days[name as keyof typeof days] ?? ""}, H (a time chosen by the hash)`;
}
