import { ConfigError } from "../errors.js";
import { clockedType } from "./clocked.js";
import { crontab, crontabType } from "./crontab.js";
import { interval, intervalType } from "./interval.js";
import type { Schedule, ScheduleJson, ScheduleType } from "./schedule.js";

/** The types that need no package. */
export const BUILT_IN_TYPES: readonly ScheduleType[] = [crontabType, intervalType, clockedType];

/**
 * Makes the schedule that `toJSON` wrote, or that a text means: five or six fields or a name such as `@daily`
 * are a crontab, `every 30s` and `30s` are an
 * interval. `types`: what is known beside `crontab`, `interval` and `clocked`.
 * @throws ConfigError for what is not understood; it names the field and the value.
 */
export function parseSchedule(json: ScheduleJson | string, types: readonly ScheduleType[] = []): Schedule {
  if (typeof json === "string") return parseText(json);
  const given: unknown = json;
  if (typeof given !== "object" || given === null || typeof json.type !== "string") {
    const hint = 'expected an object with "type", or text';
    throw new ConfigError(`schedule ${JSON.stringify(given)} cannot be read: ${hint}`, { field: "schedule" });
  }
  const known = [...BUILT_IN_TYPES, ...types];
  const type = known.find((each) => each.type === json.type);
  if (type !== undefined) return type.parse(json);
  const names = known.map((each) => each.type).join(", ");
  const hint = `known: ${names}; if @beatx/schedule-${json.type} is a package, install it`;
  throw new ConfigError(`unknown schedule type ${JSON.stringify(json.type)} (${hint})`, { field: "type" });
}

function parseText(text: string): Schedule {
  const trimmed = text.trim();
  const words = trimmed.split(/\s+/);
  if (words.length === 5 || words.length === 6 || trimmed.startsWith("@")) return crontab(trimmed);
  const [first, second] = words;
  if (words.length === 2 && first === "every") return interval(second!);
  if (words.length === 1 && /^\d/.test(trimmed)) return interval(trimmed);
  const hint = 'write a crontab ("0 7 * * mon-fri", "@daily") or an interval ("every 30s", "1h30m")';
  throw new ConfigError(`schedule ${JSON.stringify(text)} cannot be read: ${hint}`, { field: "schedule" });
}
