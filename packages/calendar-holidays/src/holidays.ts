import type { Calendar, CalendarType } from "@beatx/core";
import { ConfigError } from "@beatx/core/adapter";
import Holidays, { type HolidaysTypes } from "date-holidays";

import { type Place, readCode } from "./holiday-code.js";

/**
 * The holidays of a country, a state or a region: `"DE"`, `"DE-BE"`, `"DE-BY-A"`, in upper or lower case. Public holidays, and
 * others that are named after a plus: `"US+bank"`, `"DE-BE+school"`.
 * @throws ConfigError for an unknown code; it names near ones.
 */
export function holidays(code: string): Calendar {
  return new HolidayCalendar(readCode(code));
}

/** Opens `{ calendar: "de-BE" }`, which is short for `{ calendar: "holidays:de-BE" }`. */
export const holidaysType: CalendarType = { calendar: "holidays", open: holidays };

const DAY_MS = 86_400_000;
/** More than rounding takes away, and less than the shortest part of a day that is a holiday. */
const TOLERANCE = 0.01;

/** Computes each year once, when it is first asked for. */
class HolidayCalendar implements Calendar {
  readonly #source: Holidays;
  /** By year; the days, as in `2026-12-24`. */
  readonly #years = new Map<number, ReadonlySet<string>>();

  constructor({ country, state, region, types }: Place) {
    const place = {
      country,
      ...(state === undefined ? {} : { state }),
      ...(region === undefined ? {} : { region }),
    };
    // In UTC every day has 24 hours, so a length tells the number of days.
    this.#source = new Holidays(place, { types: [...types], timezone: "UTC" });
  }

  has(day: string): boolean {
    const year = Number(day.slice(0, 4));
    if (this.#daysOf(year).has(day)) return true;
    // Several days may go on in the next year.
    return day.slice(5, 7) === "01" && this.#daysOf(year - 1).has(day);
  }

  #daysOf(year: number): ReadonlySet<string> {
    const known = this.#years.get(year);
    if (known) return known;
    const days = new Set(this.#listed(year).flatMap(daysOf));
    this.#years.set(year, days);
    return days;
  }

  #listed(year: number): readonly HolidaysTypes.Holiday[] {
    try {
      return this.#source.getHolidays(year);
    } catch (cause) {
      const message = `the holidays of ${year} cannot be computed: ${String(cause)}`;
      throw new ConfigError(message, { field: "calendar", cause });
    }
  }
}

/**
 * The whole days of a holiday, by its own calendar: one that begins at sunset, or in a zone of its own, has the date that people
 * give it. Half days do not count.
 */
function daysOf({ date, start, end }: HolidaysTypes.Holiday): string[] {
  if (date.slice(11, 19) !== "00:00:00") return [];
  const count = Math.floor((end.getTime() - start.getTime()) / DAY_MS + TOLERANCE);
  const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) => new Date(first + index * DAY_MS).toISOString().slice(0, 10));
}
