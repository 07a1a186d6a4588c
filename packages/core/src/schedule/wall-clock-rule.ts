import { DAY_MS, MINUTE_MS, firstDayOfMonth, modulo, monthOfDay, weekdayOfDay } from "./civil-date.js";

/** What the five fields of a crontab allow, as sorted numbers. */
export interface AllowedTimes {
  /** 0 to 59. */
  readonly minutes: readonly number[];
  /** 0 to 23. */
  readonly hours: readonly number[];
  /** 1 to 31. */
  readonly daysOfMonth: readonly number[];
  /** 1 to 12. */
  readonly monthsOfYear: readonly number[];
  /** 0 for Sunday to 6. */
  readonly daysOfWeek: readonly number[];
}

const NONE = 255;
const MINUTES_PER_DAY = 1_440;
const LEAP_YEAR = 2000;
/** January of the year 10000: no time zone data reach that far. */
const END_MONTH = 120_000;

/**
 * Finds the times at which all five fields match, on a wall clock that is never changed: local ms are epoch ms that
 * were shifted by the zone's offset. Small tables and bit masks, so that an answer takes well below a microsecond.
 */
export class WallClockRule {
  readonly #nextMinute: Uint8Array;
  readonly #nextHour: Uint8Array;
  readonly #firstMinuteOfDay: number;
  /** How many months to go, from each month of the year to the first that matches: 0 for one that matches itself. */
  readonly #monthsToGo: Uint8Array;
  /** By the weekday of the 1st: bit `d - 1` is set when day `d` matches day of month AND day of week, as in Celery. */
  readonly #daysByFirstWeekday: readonly number[];

  constructor(allowed: AllowedTimes) {
    this.#nextMinute = followingValues(allowed.minutes, 60);
    this.#nextHour = followingValues(allowed.hours, 24);
    this.#firstMinuteOfDay = this.#nextHour[0]! * 60 + this.#nextMinute[0]!;
    this.#monthsToGo = Uint8Array.from({ length: 12 }, (_, from) =>
      Math.min(...allowed.monthsOfYear.map((month) => modulo(month - 1 - from, 12))),
    );
    this.#daysByFirstWeekday = [0, 1, 2, 3, 4, 5, 6].map((firstWeekday) =>
      bitMask(allowed.daysOfMonth.filter((day) => allowed.daysOfWeek.includes((firstWeekday + day - 1) % 7))),
    );
  }

  /** The first matching whole minute strictly after `localMs`; `null`: none before the year 10000. */
  next(localMs: number): number | null {
    const minute = Math.floor(localMs / MINUTE_MS) + 1;
    const day = Math.floor(minute / MINUTES_PER_DAY);
    const matchingDay = this.#nextDay(day);
    if (matchingDay === day) {
      const minuteOfDay = this.#nextMinuteOfDay(minute - day * MINUTES_PER_DAY);
      if (minuteOfDay < MINUTES_PER_DAY) return day * DAY_MS + minuteOfDay * MINUTE_MS;
      return this.#startOf(this.#nextDay(day + 1));
    }
    return this.#startOf(matchingDay);
  }

  #startOf(day: number | null): number | null {
    return day === null ? null : day * DAY_MS + this.#firstMinuteOfDay * MINUTE_MS;
  }

  /** The first matching minute at or after `minuteOfDay`; some larger number than a day has when there is none. */
  #nextMinuteOfDay(minuteOfDay: number): number {
    const hour = Math.floor(minuteOfDay / 60);
    const following = this.#nextHour[hour]!;
    if (following === hour) {
      const minute = this.#nextMinute[minuteOfDay - hour * 60]!;
      if (minute !== NONE) return hour * 60 + minute;
      return (hour === 23 ? NONE : this.#nextHour[hour + 1]!) * 60 + this.#nextMinute[0]!;
    }
    return following * 60 + this.#nextMinute[0]!;
  }

  /** The first matching day at or after `day`. */
  #nextDay(day: number): number | null {
    let month = monthOfDay(day);
    let daysFromStart = -1 << (day - firstDayOfMonth(month));
    while (month < END_MONTH) {
      const monthsToGo = this.#monthsToGo[modulo(month, 12)]!;
      if (monthsToGo === 0) {
        const firstDay = firstDayOfMonth(month);
        const daysInMonth = -1 >>> (32 - (firstDayOfMonth(month + 1) - firstDay));
        const days = this.#daysByFirstWeekday[weekdayOfDay(firstDay)]! & daysInMonth & daysFromStart;
        if (days !== 0) return firstDay + lowestBit(days);
      }
      month += monthsToGo || 1;
      daysFromStart = -1;
    }
    return null;
  }
}

/** `true` when one of the months has one of the days. The weekday does not matter: every date meets each one. */
export function hasPossibleDate(daysOfMonth: readonly number[], monthsOfYear: readonly number[]): boolean {
  const longest = monthsOfYear.map((month) => {
    const index = LEAP_YEAR * 12 + month - 1;
    return firstDayOfMonth(index + 1) - firstDayOfMonth(index);
  });
  return Math.min(...daysOfMonth) <= Math.max(...longest);
}

/** At each index below `size`, the first of the values at or after it, or NONE. */
function followingValues(values: readonly number[], size: number): Uint8Array {
  const following = new Uint8Array(size).fill(NONE);
  for (const value of values) following[value] = value;
  for (let index = size - 2; index >= 0; index -= 1) {
    if (following[index] === NONE) following[index] = following[index + 1]!;
  }
  return following;
}

/** Value 1 is bit 0. */
function bitMask(values: readonly number[]): number {
  return values.reduce((mask, value) => mask | (1 << (value - 1)), 0);
}

function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}
