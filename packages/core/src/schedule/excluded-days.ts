import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { refuseUnknownFields } from "../base/known-fields.js";
import type { Calendar } from "../contract/calendar.js";
import { DAY_MS, firstDayOfMonth, monthOfDay, weekdayOfDay } from "./civil-date.js";

/** Days that are left out, as an entry writes them. */
export type ExcludedDay = string | { readonly calendar: string };

/** A set of days, each counted from 1970-01-01. */
export interface DaySet {
  has(day: number): boolean;
  /** Days in a row that are in the set, this one among them; `undefined`: only asking for each day tells. */
  rangeAt(day: number): DayRange | undefined;
  /** The longest search for a day that is not in the set, in days; a range counts as one. */
  readonly searchDays: number;
}

interface DayRange {
  readonly first: number;
  readonly last: number;
}

/** Opens the calendar of an item. @throws ConfigError */
export type OpenCalendar = (written: string) => Calendar;

/** The most items of one list. */
const MOST_ITEMS = 1_000;
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FORMS = `a day ("2026-12-24"), days ("2026-12-24/2026-12-26"), a day of each year ("12-24"), a day of the week ("sun") or { calendar: "de-BE" }`;

/** The calendar repeats after 400 years. Holidays take time to compute, and none falls on the same day for 40 years in a row. */
const YEARS_WITHOUT_CALENDAR = 400;
const YEARS_WITH_CALENDAR = 40;
const DAYS_PER_YEAR = 365.2425;

/** Years that have a text of four digits. */
const FIRST_DAY = dayOfText("0001-01-01")!;
const LAST_DAY = dayOfText("9999-12-31")!;

/**
 * Reads the items. `path`: their place.
 * @throws ConfigError that names a wrong item by its path, and says what to write.
 */
export function readExcludedDays(path: string, items: unknown, open: OpenCalendar): DaySet {
  if (!Array.isArray(items) || items.length > MOST_ITEMS) {
    const message = `${path} is ${describe(items)}: expected a list of at most ${MOST_ITEMS} items, each ${FORMS}`;
    throw new ConfigError(message, { field: path });
  }
  const days = new ExcludedDays();
  for (const [index, item] of (items as unknown[]).entries()) addItem(days, `${path}[${index}]`, item, open);
  return days;
}

function addItem(days: ExcludedDays, path: string, item: unknown, open: OpenCalendar): void {
  if (isPlainObject(item) && typeof item["calendar"] === "string" && item["calendar"] !== "") {
    refuseUnknownFields("an excluded calendar", item, ["calendar"], `${path}.`);
    days.calendars.push(openAt(`${path}.calendar`, item["calendar"], open));
    return;
  }
  const weekday = WEEKDAYS.indexOf(String(item));
  if (weekday !== -1) days.weekdays.add(weekday);
  else if (typeof item !== "string" || !addDays(days, path, item)) {
    throw new ConfigError(`${path} is ${describe(item)}: expected ${FORMS}`, { field: path });
  }
}

function openAt(field: string, written: string, open: OpenCalendar): Calendar {
  try {
    const calendar: Partial<Calendar> | null = open(written);
    if (typeof calendar?.has === "function") return calendar as Calendar;
    throw new ConfigError(`calendar ${describe(written)} has no method \`has\`: ask its author`, { field });
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    throw new ConfigError(`${field}: ${cause.message}`, { field, cause });
  }
}

/** Answers `false` for a text that names no days. */
function addDays(days: ExcludedDays, path: string, item: string): boolean {
  const [from, to = from, ...more] = item.split("/") as [string, string?, ...string[]];
  if (more.length > 0) return false;
  const [first, last] = [dayOfText(from), dayOfText(to)];
  if (first !== null && last !== null) {
    if (first > last) {
      const message = `${path} is ${describe(item)}: its first day lies after its last one. Write "${to}/${from}"`;
      throw new ConfigError(message, { field: path });
    }
    days.ranges.push({ first, last });
    return true;
  }
  const [firstOfYear, lastOfYear] = [placeInYear(from), placeInYear(to)];
  if (firstOfYear === null || lastOfYear === null) return false;
  // Over the end of the year if the first day lies after the last one.
  for (let place = firstOfYear; ; place = place === LAST_PLACE ? 0 : place + 1) {
    days.yearly.add(place);
    if (place === lastOfYear) return true;
  }
}

class ExcludedDays implements DaySet {
  readonly ranges: DayRange[] = [];
  readonly yearly = new Set<number>();
  /** 0 for Sunday. */
  readonly weekdays = new Set<number>();
  readonly calendars: Calendar[] = [];

  get searchDays(): number {
    return Math.ceil((this.calendars.length > 0 ? YEARS_WITH_CALENDAR : YEARS_WITHOUT_CALENDAR) * DAYS_PER_YEAR);
  }

  rangeAt(day: number): DayRange | undefined {
    for (const range of this.ranges) if (day >= range.first && day <= range.last) return range;
    return undefined;
  }

  has(day: number): boolean {
    if (this.weekdays.size > 0 && this.weekdays.has(weekdayOfDay(day))) return true;
    if (this.rangeAt(day) !== undefined) return true;
    if (this.yearly.size > 0) {
      const month = monthOfDay(day);
      if (this.yearly.has(placeOf(month, day - firstDayOfMonth(month)))) return true;
    }
    if (this.calendars.length === 0 || day < FIRST_DAY || day > LAST_DAY) return false;
    const text = textOfDay(day);
    return this.calendars.some((calendar) => calendar.has(text));
  }
}

/** The day of a text such as `2026-12-24`; `null`: it is none. */
export function dayOfText(text: string): number | null {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (year === undefined || year === "0000") return null;
  const at = Date.UTC(2000, Number(month) - 1, Number(date));
  const day = new Date(at).setUTCFullYear(Number(year), Number(month) - 1, Number(date)) / DAY_MS;
  return textOfDay(day) === text ? day : null;
}

/** The text of a day, such as `2026-12-24`. */
export function textOfDay(day: number): string {
  const month = monthOfDay(day);
  const year = Math.floor(month / 12);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month - year * 12 + 1)}-${two(day - firstDayOfMonth(month) + 1)}`;
}

/** A number for each day of a year, with room for 31 days in each month. `day`: 0 for the first of the month. */
function placeOf(month: number, day: number): number {
  return (((month % 12) + 12) % 12) * 31 + day;
}

const LAST_PLACE = placeOf(11, 30);

/** The place of a text such as `12-24`; `null`: no year has such a day. */
function placeInYear(text: string): number | null {
  const day = /^\d\d-\d\d$/.test(text) ? dayOfText(`2000-${text}`) : null;
  if (day === null) return null;
  const month = monthOfDay(day);
  return placeOf(month, day - firstDayOfMonth(month));
}
