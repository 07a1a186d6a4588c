import { LAST_INSTANT } from "../base/number-range.js";
import { DAY_MS, firstDayOfMonth, MINUTE_MS, modulo, monthOfDay, SECOND_MS, weekdayOfDay } from "./civil-date.js";
import type { MonthDays } from "./month-days.js";

/** The values that the fields of a crontab allow, ascending. */
interface AllowedTimes {
  /** 0 to 59. */
  readonly seconds: readonly number[];
  /** 0 to 59. */
  readonly minutes: readonly number[];
  /** 0 to 23. */
  readonly hours: readonly number[];
  /** 1 to 12. */
  readonly monthsOfYear: readonly number[];
  readonly days: MonthDays;
  /** `null`: every year. */
  readonly years: readonly number[] | null;
}

const NONE = 255;
const MINUTES_PER_DAY = 1_440;
/** The month after the last instant, with room for its offset. */
const END_MONTH = monthOfDay(Math.ceil(LAST_INSTANT / DAY_MS)) + 2;

/**
 * Finds the times at which all fields match, on a wall clock that never changes. Local ms are epoch ms plus the zone's
 * offset. Small tables and bit masks keep an answer well below a microsecond.
 */
export class WallClockRule {
  readonly #nextSecond: Uint8Array;
  readonly #nextMinute: Uint8Array;
  readonly #nextHour: Uint8Array;
  readonly #firstMinuteOfDay: number;
  /** By month of the year: the number of months to the first that matches; 0 if it matches itself. */
  readonly #monthsToGo: Uint8Array;
  readonly #days: MonthDays;
  readonly #years: readonly number[] | null;

  constructor(allowed: AllowedTimes) {
    this.#nextSecond = followingValues(allowed.seconds, 60);
    this.#nextMinute = followingValues(allowed.minutes, 60);
    this.#nextHour = followingValues(allowed.hours, 24);
    this.#firstMinuteOfDay = this.#nextHour[0]! * 60 + this.#nextMinute[0]!;
    this.#monthsToGo = Uint8Array.from({ length: 12 }, (_, from) =>
      Math.min(...allowed.monthsOfYear.map((month) => modulo(month - 1 - from, 12))),
    );
    this.#days = allowed.days;
    this.#years = allowed.years;
  }

  /** Local ms of the first matching second strictly after `localMs`; `null`: there is none in the range of instants. */
  next(localMs: number): number | null {
    const second = Math.floor(localMs / SECOND_MS) + 1;
    const minute = Math.floor(second / 60);
    const following = this.#nextSecond[second - minute * 60]!;
    const matching = this.#nextMatchingMinute(following === NONE ? minute + 1 : minute);
    if (matching === null) return null;
    return matching * MINUTE_MS + (matching === minute ? following : this.#nextSecond[0]!) * SECOND_MS;
  }

  /** The first matching minute at or after `minute`, both counted from 1970. */
  #nextMatchingMinute(minute: number): number | null {
    const day = Math.floor(minute / MINUTES_PER_DAY);
    const matchingDay = this.#nextDay(day);
    if (matchingDay === day) {
      const minuteOfDay = this.#nextMinuteOfDay(minute - day * MINUTES_PER_DAY);
      if (minuteOfDay < MINUTES_PER_DAY) return day * MINUTES_PER_DAY + minuteOfDay;
      return this.#startOf(this.#nextDay(day + 1));
    }
    return this.#startOf(matchingDay);
  }

  #startOf(day: number | null): number | null {
    return day === null ? null : day * MINUTES_PER_DAY + this.#firstMinuteOfDay;
  }

  /** The first matching minute at or after `minuteOfDay`. A result of 1440 or more: there is none. */
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
      const monthsToGo = this.#monthsToYear(month) || this.#monthsToGo[modulo(month, 12)]!;
      if (monthsToGo === 0) {
        const firstDay = firstDayOfMonth(month);
        const length = firstDayOfMonth(month + 1) - firstDay;
        const days = this.#days.maskOf(weekdayOfDay(firstDay), length) & daysFromStart;
        if (days !== 0) return firstDay + lowestBit(days);
      }
      month += monthsToGo || 1;
      daysFromStart = -1;
    }
    return null;
  }

  /** The number of months to the next allowed year; 0 if the month lies in one. Beyond the last one: without end. */
  #monthsToYear(month: number): number {
    if (this.#years === null) return 0;
    const year = Math.floor(month / 12);
    const allowed = this.#years.find((each) => each >= year);
    if (allowed === undefined) return Infinity;
    return allowed === year ? 0 : allowed * 12 - month;
  }
}

/** By index below `size`: the first of the values at or after it, or NONE. */
function followingValues(values: readonly number[], size: number): Uint8Array {
  const following = new Uint8Array(size).fill(NONE);
  for (const value of values) following[value] = value;
  for (let index = size - 2; index >= 0; index -= 1) {
    if (following[index] === NONE) following[index] = following[index + 1]!;
  }
  return following;
}

function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}
