import { describe, shorten } from "../base/describe.js";
import { canRead, ConfigError } from "../base/errors.js";
import { checkJsonObject, guarded, isPlainObject, type JsonValue } from "../base/json.js";
import type { RuleType, Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { clockedType } from "./clocked.js";
import { combinedType, isCombined } from "./combined.js";
import { crontab, crontabType } from "./crontab.js";
import { readDurationText } from "./duration-text.js";
import { unitHint } from "./duration.js";
import { interval, intervalType } from "./interval.js";
import { withoutCommand } from "./pasted-command.js";
import { pastedHint } from "./pasted-hint.js";
import { splitZone } from "./written-line.js";

/** The types that need no package. */
export const BUILT_IN_TYPES: readonly ScheduleType[] = [
  crontabType,
  intervalType,
  clockedType,
  combinedType("anyOf", parseSchedule),
  combinedType("allOf", parseSchedule),
];

/** No known type reads the schedule, or the calendar of its excluded days. */
export class UnknownTypeError extends ConfigError {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message, { field: "type" });
    this.type = type;
  }
}

/** The unknown type of schedule that caused the error; `undefined`: the error has another cause. */
export function unknownTypeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error instanceof UnknownTypeError ? error.type : unknownTypeIn(error.cause);
}

/**
 * Reads a schedule from the JSON of `toJSON`, or from text: five to seven fields, or a name such as `@daily`, are a
 * crontab; `every 30s`, `30s`, `5 minutes`, `@every 5m`, `rate(5 minutes)` and `PT5M` are an interval. `types`: the
 * known types besides the built-in ones. `entry`: the name of the schedule's entry, which chooses the
 * times of an `H` without a `hash`.
 * @throws ConfigError that names the field and the value, for a schedule that cannot be read.
 */
export function parseSchedule(json: ScheduleJson | string, types: readonly RuleType[] = [], entry?: string): Schedule {
  const given = checkRule(json);
  const rule = entry === undefined ? given : withHash(given, entry);
  if (typeof rule === "string") return parseText(rule);
  const known = [...BUILT_IN_TYPES, ...types.filter((each) => "parse" in each)];
  const type = known.find((each) => each.type === rule.type);
  if (type !== undefined) return guarded("schedule", () => type.parse(rule, (part) => parseSchedule(part, types)));
  const names = known.map((each) => each.type).join(", ");
  const hint = `known: ${names}; if @beatx/schedule-${shorten(rule.type)} is a package, install it`;
  throw new UnknownTypeError(rule.type, `unknown schedule type ${describe(rule.type)} (${hint})`);
}

/** A text, or plain JSON with a type; fields that are undefined are left out. @throws ConfigError for anything else. */
export function checkRule(given: unknown): ScheduleJson | string {
  if (typeof given === "string") return given;
  const fields = isPlainObject(given) ? guarded("schedule", () => Object.entries(given)) : [];
  const rule = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  if (typeof rule["type"] === "string") return checkJsonObject(rule, "schedule") as ScheduleJson;
  const hint = 'expected an object with "type", or a string';
  throw new ConfigError(`schedule ${describe(given)} cannot be read: ${hint}`, { field: "schedule" });
}

/** The same schedule. A crontab that has an `H` but no `hash` gets the entry's name as its hash, also within other rules. */
export function withHash(json: ScheduleJson | string, entry: string): ScheduleJson | string {
  if (typeof json === "string")
    return hasHash(json) && readDurationText(json) === null ? { type: "crontab", expression: json, hash: entry } : json;
  const { type, expression, hash, rules } = json as Partial<ScheduleJson>;
  if (isCombined(type) && Array.isArray(rules)) {
    const hashed = rules.map((rule: JsonValue) => (isRule(rule) ? withHash(rule, entry) : rule));
    return hashed.every((rule, index) => rule === rules[index]) ? json : { ...json, type, rules: hashed };
  }
  const isMissing = type === "crontab" && typeof expression === "string" && hash === undefined && hasHash(expression);
  return isMissing ? { ...json, hash: entry } : json;
}

function isRule(value: JsonValue): value is ScheduleJson | string {
  return typeof value === "string" || isPlainObject(value);
}

/** Whether a field of the line, or a part of one, begins with an `H` that is not part of a name (`THU`). */
function hasHash(line: string): boolean {
  return /(?:^|[\s,])h(?![a-z])/i.test(line);
}

function parseText(text: string): Schedule {
  const { line } = splitZone(text);
  const every = readDurationText(line);
  if (every !== null) return interval(every);
  const size = line.trim().split(/\s+/).length;
  if (/^\s*(?:@|cron\()/i.test(line) || (size >= 5 && size <= 7)) return crontab(text);
  if (size === 1 && unitHint(line.trim()) !== null) return interval(line.trim());
  const hint =
    pastedHint(line, (other) => canRead(() => parseSchedule(other, [], "any"))) ??
    'write a crontab ("0 7 * * mon-fri", "@daily") or an interval ("every 30s", "1h30m")';
  throw new ConfigError(`schedule ${describe(withoutCommand(text))} cannot be read: ${hint}`, { field: "schedule" });
}
