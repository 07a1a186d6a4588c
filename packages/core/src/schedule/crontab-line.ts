import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { stableOffset } from "../base/ids.js";
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
import type { FloatingDay } from "./month-days.js";

/** One field of a line. It has more syntax than Celery's fields: `L`, `friL`, `mon#2`, `H`. */
export interface LineField extends CrontabField {
  readonly floating: readonly FloatingDay[];
}

export type CrontabLine = Readonly<Record<LineFieldName, LineField>>;

const ALIASES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const HASHED = /^h(?:\((?<low>\d{1,2})-(?<high>\d{1,2})\))?(?:\/(?<step>\d+))?$/;
const FLOATING_WEEKDAY = /^(?<weekday>[a-z]+?|\d)(?:#(?<nth>[1-5])|l)$/;
/** `H` alone chooses a day that every month has. */
const LAST_HASHED_DAY = 28;

/**
 * Reads five fields, six with leading seconds, or a name such as `@daily`. `hash` chooses the time of each `H`.
 * @throws ConfigError that names the field and the value.
 */
export function parseCrontabLine(line: string, hash: string | undefined): CrontabLine {
  const trimmed = line.trim();
  const texts = (ALIASES[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
  if (texts.length === CRONTAB_FIELDS.length) texts.unshift("0");
  if (texts.length !== LINE_FIELDS.length) {
    const hint = `write five fields, "minute hour day-of-month month day-of-week", six with seconds in front, or one of ${Object.keys(ALIASES).join(", ")}`;
    throw new ConfigError(`crontab ${describe(line)} cannot be read: ${hint}`, { field: "crontab" });
  }
  const fields = LINE_FIELDS.map((name, index) => [name, parseLineField(name, texts[index]!, hash)] as const);
  return Object.fromEntries(fields) as CrontabLine;
}

function parseLineField(name: LineFieldName, written: string, hash: string | undefined): LineField {
  const isDay = name === "dayOfMonth" || name === "dayOfWeek";
  const parts = (isDay && written === "?" ? "*" : written.toLowerCase()).split(",");
  const values: number[] = [];
  const floating: FloatingDay[] = [];
  try {
    const texts = parts.map((part) => {
      const day = readFloatingDay(name, part);
      if (day !== null) {
        floating.push(day);
        return part.replace(/l$/, "L");
      }
      const isHashed = part.startsWith("h");
      values.push(...(isHashed ? expandHashed(name, part, hash) : expandPart(name, part)));
      return isHashed ? part.replace("h", "H") : part;
    });
    return { text: texts.join(","), values: sortedValues(values), floating };
  } catch (cause) {
    if (ConfigError.isInstance(cause)) throw cause;
    throw unreadableField(name, written, cause, moreSyntax(name));
  }
}

/**
 * Reads `L` (the last day of the month), `friL` (its last Friday) or `mon#2` (its second Monday); `null`: another part.
 */
function readFloatingDay(name: LineFieldName, part: string): FloatingDay | null {
  if (name === "dayOfMonth" && part === "l") return { weekday: null, nth: "last" };
  const groups = name === "dayOfWeek" ? FLOATING_WEEKDAY.exec(part)?.groups : undefined;
  if (groups === undefined) return null;
  const [weekday] = expandPart(name, groups["weekday"]!);
  return { weekday: weekday!, nth: groups["nth"] === undefined ? "last" : Number(groups["nth"]) };
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
  const days = { dayOfMonth: ", L (the last day)", dayOfWeek: ", friL (the last Friday), mon#2 (the second Monday)" };
  return `${days[name as keyof typeof days] ?? ""}, H (a time chosen by the hash)`;
}
