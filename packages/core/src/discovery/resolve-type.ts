/** From the type of a schedule, or the name of a calendar, to the package that has it. */

import { pathToFileURL } from "node:url";

import { describe } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { nearest } from "../base/nearest.js";
import { calendarKey, type CalendarType } from "../contract/calendar.js";
import { BUILT_IN_TYPES, type RuleType, type ScheduleType } from "../schedule/index.js";
import { describePlaces, explainLookup, locatePackage, lookupPlaces } from "./locate-package.js";

/** Types and calendars that come in packages of this project. */
const OWN_TYPES: readonly string[] = ["solar", "rrule"];
const OWN_CALENDARS: readonly string[] = ["holidays"];

/** A type becomes part of a package's name and may come from the store, so it must not be a path. */
const TYPE_NAME = /^[a-z][a-z0-9-]{0,63}$/;

const CALENDAR = calendarKey("");

/** What is looked for. */
interface Sought {
  readonly kind: "schedule" | "calendar";
  readonly name: string;
  /** In words. */
  readonly what: string;
}

/** Under which key a type is known: a schedule's type, or `calendar:` and the name of a calendar. */
export function keyOf(type: RuleType): string {
  return "calendar" in type ? calendarKey(type.calendar) : type.type;
}

/**
 * Finds the type in the packages `@beatx/schedule-<type>` and `beatx-schedule-<type>`, or `@beatx/calendar-<name>` and
 * `beatx-calendar-<name>`. @throws BeatxError `UNKNOWN_SCHEME`
 */
export async function resolveType(key: string, from: string | undefined): Promise<RuleType> {
  const sought = soughtBy(key);
  const { kind, name, what } = sought;
  if (!TYPE_NAME.test(name)) {
    const message = `${describe(name)} is not a ${what}: expected lower case letters, digits and "-"`;
    throw new BeatxError("UNKNOWN_SCHEME", message);
  }
  const places = lookupPlaces(from);
  const packages = [`@beatx/${kind}-${name}`, `beatx-${kind}-${name}`];
  for (const each of packages) {
    const file = await locatePackage(each, places);
    if (file !== undefined) return loadType(each, file, sought);
  }
  const tried = `looked for ${packages.join(", ")} from ${describePlaces(from)}`;
  const subject = kind === "calendar" ? `the calendar "${name}"` : `the schedule type "${name}"`;
  throw new BeatxError("UNKNOWN_SCHEME", `no package knows ${subject}: ${tried}. ${wayOut(sought)}`);
}

function soughtBy(key: string): Sought {
  return key.startsWith(CALENDAR)
    ? { kind: "calendar", name: key.slice(CALENDAR.length), what: "name of a calendar" }
    : { kind: "schedule", name: key, what: "type of schedule" };
}

/** Recommends packages of this project alone: anybody may publish one that is named after a typo. */
function wayOut({ kind, name }: Sought): string {
  const own = kind === "calendar" ? OWN_CALENDARS : OWN_TYPES;
  if (own.includes(name)) return explainLookup([{ name: `@beatx/${kind}-${name}`, kind: "schedule" }]);
  const known = kind === "calendar" ? own : [...BUILT_IN_TYPES.map(({ type }) => type), ...own];
  const meant = nearest(name, known);
  const question = meant === undefined ? "" : `Did you mean "${meant}"? `;
  return kind === "calendar"
    ? `${question}Pass a calendar of your own in \`scheduleTypes\`, as in calendar("${name}", ["2026-12-31"])`
    : `${question}The known types are ${known.join(", ")}; for others pass a type in \`scheduleTypes\``;
}

async function loadType(name: string, file: string, sought: Sought): Promise<RuleType> {
  const exported = await importPackage(name, file);
  return sought.kind === "calendar"
    ? calendarIn(name, exported["calendarType"], sought.name)
    : scheduleIn(name, exported["scheduleType"], sought.name);
}

function scheduleIn(name: string, found: unknown, type: string): ScheduleType {
  if (isScheduleType(found) && found.type === type) return found;
  const why = isScheduleType(found) ? `its type is ${describe(found.type)}` : "it exports no `scheduleType`";
  const hint = "expected an object with `type` and `parse`: update it, or ask its author";
  throw new BeatxError(
    "UNKNOWN_SCHEME",
    `the package ${name} does not know the schedule type "${type}" (${why}); ${hint}`,
  );
}

function calendarIn(name: string, found: unknown, calendar: string): CalendarType {
  if (isCalendarType(found) && found.calendar === calendar) return found;
  const why = isCalendarType(found) ? `its name is ${describe(found.calendar)}` : "it exports no `calendarType`";
  const hint = "expected an object with `calendar` and `open`: update it, or ask its author";
  throw new BeatxError(
    "UNKNOWN_SCHEME",
    `the package ${name} does not know the calendar "${calendar}" (${why}); ${hint}`,
  );
}

async function importPackage(name: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new BeatxError("UNKNOWN_SCHEME", `the package ${name} cannot be loaded from ${file}: ${String(cause)}`, {
      cause,
    });
  }
}

function isScheduleType(value: unknown): value is ScheduleType {
  return isPlainObject(value) && typeof value["type"] === "string" && typeof value["parse"] === "function";
}

function isCalendarType(value: unknown): value is CalendarType {
  return isPlainObject(value) && typeof value["calendar"] === "string" && typeof value["open"] === "function";
}
