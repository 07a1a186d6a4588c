import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { checkJson, type JsonValue } from "../base/json.js";
import { type Calendar, calendarKey, type CalendarType, readCalendar } from "../contract/calendar.js";
import type { RuleType, Schedule } from "../contract/schedule.js";
import { type ExcludedDay, readExcludedDays } from "./excluded-days.js";
import { EXCLUDING, ExcludingSchedule, type OnExcluded } from "./excluding.js";
import { UnknownTypeError } from "./parse.js";
import { zoneOffsets } from "./zone-offsets.js";

/** The fields of an entry that leave out days of its rule. Their values are not checked. */
export interface WrittenExclusions {
  readonly except: unknown;
  readonly onExcluded?: unknown;
  readonly exceptTimezone?: unknown;
}

/** The names of these fields. */
export const EXCLUSION_FIELDS: readonly (keyof WrittenExclusions)[] = ["except", "onExcluded", "exceptTimezone"];

const WAYS: readonly OnExcluded[] = ["skip", "next-day", "previous-day"];

/**
 * The rule without the excluded days; the rule itself if there are none. `timezone`: of the days, unless the rule reads a
 * zone or the fields name one.
 * @throws ConfigError that names the field, as `except[0]`, the value and what to write.
 */
export function exclude(
  rule: Schedule,
  written: WrittenExclusions,
  timezone: string,
  types: readonly RuleType[],
): Schedule {
  const { except, onExcluded = "skip", exceptTimezone = timezone } = written;
  if (!WAYS.includes(onExcluded as OnExcluded)) {
    const ways = WAYS.map((way) => `"${way}"`).join(", ");
    throw new ConfigError(`onExcluded is ${describe(onExcluded)}: expected one of ${ways}`, { field: "onExcluded" });
  }
  if (except === undefined || isEmptyList(except)) {
    if (onExcluded === "skip") return rule;
    const hint = "name the days in except, or leave onExcluded out";
    throw new ConfigError(`onExcluded is ${describe(onExcluded)}, but no day is excluded: ${hint}`, {
      field: "onExcluded",
    });
  }
  const items = checkJson(except, "except") as readonly ExcludedDay[];
  const days = readExcludedDays("except", items, (code) => openCalendar(code, types));
  const zone = rule.timezone ?? readZone(exceptTimezone);
  const exclusions = { except: items, onExcluded: onExcluded as OnExcluded, timezone: zone };
  return new ExcludingSchedule(rule, exclusions, days, zoneOffsets(zone));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function readZone(timezone: unknown): string {
  try {
    zoneOffsets(timezone);
    return timezone as string;
  } catch (cause) {
    const message = `exceptTimezone: ${(cause as Error).message}`;
    throw new ConfigError(message, { field: "exceptTimezone", cause });
  }
}

/** @throws ConfigError for a calendar that no known type opens; the types may be found in a package. */
function openCalendar(written: string, types: readonly RuleType[]): Calendar {
  const known = types.filter((each) => "calendar" in each);
  const find = (name: string): CalendarType | undefined => known.find((each) => each.calendar === name);
  const { calendar, code } = readCalendar(written, (name) => find(name) !== undefined);
  const found = find(calendar);
  if (found) return found.open(code);
  const hint = `install @beatx/calendar-${calendar} if that is a package, or pass a calendar of your own in \`scheduleTypes\``;
  throw new UnknownTypeError(
    calendarKey(calendar),
    `no calendar ${describe(calendar)} is known for ${describe(written)}: ${hint}`,
  );
}

/** The fields of an entry that say its rule and exclusions, for JSON. */
export function scheduleFields(schedule: Schedule): Readonly<Record<string, JsonValue>> {
  const json = schedule.toJSON();
  if (schedule.type !== EXCLUDING) return { schedule: json };
  const { type: _type, ...fields } = json;
  return fields;
}
