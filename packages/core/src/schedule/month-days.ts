/**
 * The days of a month that a crontab allows: by day of month, by day of week, and by rules that depend on the month.
 */

/** A day with a different date in each month. */
export type FloatingDay = NthWeekday | CountedDay;

/** `friL`, `mon#2`. */
interface NthWeekday {
  /** 0 for Sunday to 6 for Saturday. */
  readonly weekday: number;
  /** Its number in the month, from 1; `"last"`: the last one. */
  readonly nth: number | "last";
}

/** `L`, `L-2`, `15W`, `LW`. */
interface CountedDay {
  /** From the start: 1 to 31; from the end: days before the last one. */
  readonly day: number;
  readonly from: "start" | "end";
  /** Moved from a Saturday or Sunday to the nearest weekday (Monday to Friday) of the same month. */
  readonly nearestWeekday: boolean;
}

/** The days that the field for the day of month or the day of week allows. */
interface AllowedDays {
  /** Days 1 to 31, or weekdays 0 (Sunday) to 6. */
  readonly values: readonly number[];
  readonly floating: readonly FloatingDay[];
}

/** Whether a day must match both fields, as in Celery, or one of them, as in most crons. */
export type DayMatch = "and" | "or";

const SUNDAY = 0;
const SATURDAY = 6;
const SHORTEST_MONTH = 28;
const LENGTHS = [28, 29, 30, 31] as const;
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const;
/** From January to December, in a year that is not a leap year. */
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Answers for a whole month at once: bit `d - 1` is set if day `d` is allowed. There is a table of all 28 possible
 * months.
 */
export class MonthDays {
  /** By the length of the month and the weekday of its first day. */
  readonly #masks: readonly number[];

  constructor(dayOfMonth: AllowedDays, dayOfWeek: AllowedDays, match: DayMatch) {
    const fixed = bitMask(dayOfMonth.values);
    this.#masks = LENGTHS.flatMap((length) =>
      WEEKDAYS.map((firstWeekday) => {
        const float = (days: AllowedDays): number =>
          bitMask(days.floating.map((day) => placeInMonth(day, firstWeekday, length)).filter((day) => day !== null));
        const ofMonth = fixed | float(dayOfMonth);
        const ofWeek = weekdayMask(dayOfWeek.values, firstWeekday) | float(dayOfWeek);
        return (match === "and" ? ofMonth & ofWeek : ofMonth | ofWeek) & (-1 >>> (32 - length));
      }),
    );
  }

  /** The allowed days of a month. `firstWeekday`: weekday of the 1st, 0 for Sunday. `length`: number of days. */
  maskOf(firstWeekday: number, length: number): number {
    return this.#masks[(length - SHORTEST_MONTH) * 7 + firstWeekday]!;
  }

  /**
   * `false`: no date of these months (1 to 12) is ever allowed. The answer is exact, because within 400 years each
   * month, also a February of 29 days, begins on each weekday.
   */
  hasDateIn(monthsOfYear: readonly number[]): boolean {
    return monthsOfYear.some((month) => {
      const length = MONTH_LENGTHS[month - 1]!;
      const lengths = month === 2 ? [length, length + 1] : [length];
      return lengths.some((each) => WEEKDAYS.some((firstWeekday) => this.maskOf(firstWeekday, each) !== 0));
    });
  }
}

/** The day of the month, from 1; `null`: the month has no such day. */
function placeInMonth(floating: FloatingDay, firstWeekday: number, length: number): number | null {
  if ("weekday" in floating) {
    const { weekday, nth } = floating;
    const first = 1 + ((weekday - firstWeekday + 7) % 7);
    const day = nth === "last" ? first + 7 * Math.floor((length - first) / 7) : first + 7 * (nth - 1);
    return day <= length ? day : null;
  }
  const day = floating.from === "start" ? floating.day : length - floating.day;
  if (day < 1 || day > length) return null;
  return floating.nearestWeekday ? nearestWeekday(day, firstWeekday, length) : day;
}

/** A Saturday moves back and a Sunday forward, but neither into another month. */
function nearestWeekday(day: number, firstWeekday: number, length: number): number {
  const weekday = (firstWeekday + day - 1) % 7;
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1;
  if (weekday === SUNDAY) return day === length ? day - 2 : day + 1;
  return day;
}

function weekdayMask(weekdays: readonly number[], firstWeekday: number): number {
  let mask = 0;
  for (const weekday of weekdays) {
    for (let day = 1 + ((weekday - firstWeekday + 7) % 7); day <= 31; day += 7) mask |= 1 << (day - 1);
  }
  return mask;
}

/** Day 1 is bit 0. */
function bitMask(days: readonly number[]): number {
  return days.reduce((mask, day) => mask | (1 << (day - 1)), 0);
}
