import { describe, expect, it } from "vitest";

import type { Schedule } from "../contract/schedule.js";
import { seeded } from "@beatx/test-servers/seeded";
import { crontab, crontabType } from "./crontab.js";

const MINUTE = 60_000;
const DAY = 86_400_000;
const FROM = Date.UTC(1990, 0, 1);
/** Up to 2099, the calendar repeats after this time. */
const CALENDAR_YEARS = 28;
const UNTIL = Date.UTC(2060, 0, 1);

const seed = Number(process.env["BEATX_TEST_SEED"] ?? 20_260_101);

class Generator {
  readonly random: () => number;
  constructor(salt: number) {
    this.random = seeded(seed + salt);
  }
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
  instant(): number {
    return FROM + Math.floor((this.random() * (UNTIL - FROM)) / MINUTE) * MINUTE;
  }
  /** In one of eight years between 1975 and 2059, because a new table of a zone's offsets per year takes time. */
  instantOfSomeYears(): number {
    return Date.UTC(1975 + 12 * this.below(8), 0, 1) + this.below(365 * DAY);
  }
  /** Six fields with all the syntax of a line, but no line that can never be due. */
  line(): string {
    const { minute, hour } = this.rule();
    const second = this.pick(["0", "*/20", "7,59", String(this.below(60))]);
    const dayOfMonth = this.pick(["*", "*", "L", "1-7", "15,L", "29-31"]);
    const dayOfWeek = this.pick(["*", "*", "mon#1", "friL", "sun,wed#3"]);
    const isRestricted = dayOfMonth !== "*" && dayOfWeek !== "*";
    return `${second} ${minute} ${hour} ${dayOfMonth} * ${isRestricted ? "mon-fri" : dayOfWeek}`;
  }
  rule(): Rule {
    const number = (limit: number): string => String(this.below(limit));
    const pair = (limit: number): string => `${number(limit)},${number(limit)}`;
    const hour = (): string => number(this.random() < 0.7 ? 4 : 24); // most clocks change before 4 o'clock
    return {
      minute: this.pick(["*", "*/15", "*/7", "0", number(60), pair(60)]),
      hour: this.pick(["*", "*/2", hour(), `${hour()},${hour()}`, "0-23", "22-3"]),
      dayOfWeek: this.pick(["*", "*", "*", "0-3", "sat-mon"]),
    };
  }
}

interface Rule {
  readonly minute: string;
  readonly hour: string;
  readonly dayOfWeek: string;
}

/** The offsets that `Intl` writes as text, for each minute: not the method of the code under test. */
class WrittenOffsets {
  readonly #format: Intl.DateTimeFormat;
  readonly #minutes = new Map<string, number>();
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  }
  at(instant: number): number {
    const text = this.#format.format(instant);
    let offset = this.#minutes.get(text.slice(text.indexOf("GMT")));
    if (offset === undefined) {
      const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text)!;
      offset = (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE;
      this.#minutes.set(text.slice(text.indexOf("GMT")), offset);
    }
    return offset;
  }
  /** The next change of the clocks within 400 days after `instant`; `instant` itself: there is none. */
  changeAfter(instant: number): number {
    let [low, high] = [instant, instant];
    while (high < instant + 400 * DAY && this.at(low) === this.at(high)) [low, high] = [high, high + 2 * DAY];
    if (this.at(low) === this.at(high)) return instant;
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (this.at(middle) === this.at(low)) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** Tests whether a wall-clock minute matches, with a parser of its own. */
function matcher(rule: Rule): (local: number) => boolean {
  const allowed = (text: string, size: number, names: string): boolean[] => {
    const value = (word: string): number => (/\d/.test(word) ? Number(word) : names.indexOf(word) / 4);
    return Array.from({ length: size }, (_, at) =>
      text.split(",").some((part) => {
        const [range, step = "1"] = part.split("/") as [string, string?];
        const [first, last = first] = (range === "*" ? `0-${size - 1}` : range).split("-").map(value) as [
          number,
          number?,
        ];
        const inRange = first <= last ? at >= first && at <= last : at >= first || at <= last;
        return inRange && (at - first) % Number(step) === 0;
      }),
    );
  };
  const minutes = allowed(rule.minute, 60, "");
  const hours = allowed(rule.hour, 24, "");
  const days = allowed(rule.dayOfWeek, 7, "sun mon tue wed thu fri sat");
  return (local) => {
    const date = new Date(local);
    return minutes[date.getUTCMinutes()]! && hours[date.getUTCHours()]! && days[date.getUTCDay()]!;
  };
}

/** Simulates ISC cron minute by minute. `locals`: the wall clock at each minute from `start` on. */
function bruteForce(rule: Rule, start: number, locals: readonly number[]): number[] {
  const matches = matcher(rule);
  const isWildcard = rule.minute.startsWith("*") || rule.hour.startsWith("*");
  const instants: number[] = [];
  let shown = locals[0]! - MINUTE;
  locals.forEach((local, index) => {
    let isDue = matches(local) && (isWildcard || local > shown);
    for (let skipped = shown + MINUTE; !isWildcard && !isDue && skipped < local; skipped += MINUTE)
      isDue = matches(skipped);
    if (isDue) instants.push(start + index * MINUTE);
    shown = Math.max(shown, local);
  });
  return instants;
}

function listInstants(schedule: Schedule, after: number, until: number): number[] {
  const instants: number[] = [];
  for (let at = schedule.next(after); at !== null && at <= until; at = schedule.next(at)) instants.push(at);
  return instants;
}

describe("a crontab", () => {
  it.each(Intl.supportedValuesOf("timeZone").map((timezone, index) => ({ timezone, index })))(
    "is due in $timezone, around a change of the clocks, at the minutes that a minute-by-minute simulation finds",
    ({ timezone, index }) => {
      const generator = new Generator(index);
      const offsets = new WrittenOffsets(timezone);
      const start = offsets.changeAfter(generator.instant()) - generator.below(12 * 60) * MINUTE;
      const warmUp = 4 * 60; // the simulation must know which times are repeated at its start
      const locals = Array.from({ length: 26 * 60 + warmUp }, (_, minute) => {
        const instant = start + (minute - warmUp) * MINUTE;
        return instant + offsets.at(instant);
      });
      for (let round = 0; round < 6; round += 1) {
        const rule = generator.rule();
        const hint = `seed ${seed}, ${timezone}, ${JSON.stringify(rule)} from ${new Date(start).toISOString()}`;
        const expected = bruteForce(rule, start - warmUp * MINUTE, locals).filter((instant) => instant >= start);
        const until = start + (26 * 60 - 1) * MINUTE;
        expect(listInstants(crontab({ ...rule, timezone }), start - 1, until), hint).toEqual(expected);
      }
    },
  );

  it(`gives a strictly later instant, and the same one between two instants, in 10^5 cases (seed ${seed})`, () => {
    const generator = new Generator(1_000);
    const zones = Intl.supportedValuesOf("timeZone");
    let cases = 0;
    while (cases < 100_000) {
      const line = generator.line();
      const options = { timezone: generator.pick(zones), dayMatch: generator.pick(["and", "or"] as const) };
      const schedule = crontab(line, options);
      let after = generator.instantOfSomeYears();
      for (let step = 0; step < 10; step += 1, cases += 1) {
        const next = schedule.next(after)!;
        const between = after + generator.below(next - after);
        if (next > after && schedule.next(between) === next) after = next;
        else expect.fail(`seed ${seed}, "${line}" ${JSON.stringify(options)} after ${new Date(after).toISOString()}`);
      }
    }
    expect(cases).toBe(100_000);
  });

  it("with L, # and seconds is due on the days that a day-by-day search finds", () => {
    const generator = new Generator(2_000);
    for (let round = 0; round < 500; round += 1) {
      const [dayOfMonth, dayOfWeek] = [generator.pick(DAYS_OF_MONTH), generator.pick(DAYS_OF_WEEK)];
      const dayMatch = generator.pick(["and", "or"] as const);
      const after = Math.floor(generator.instant() / DAY) * DAY - 1;
      const until = after + 400 * DAY;
      const hint = `seed ${seed}, ${dayOfMonth} ${dayOfWeek} ${dayMatch} after ${new Date(after).toISOString()}`;
      const found = (days: number): number[] =>
        Array.from({ length: days }, (_, index) => after + 1 + index * DAY)
          .filter((day) => matchesDay(day, dayOfMonth, dayOfWeek, dayMatch))
          .map((day) => day + 12 * 3_600_000 + 34_000);
      const expected = found(400);
      const line = `34 0 12 ${dayOfMonth} * ${dayOfWeek}`;
      // If no month has such a day ("15" and "friL"), the line is refused, and the search must find nothing either.
      if (expected.length === 0 && found(CALENDAR_YEARS * 366).length === 0)
        expect(() => crontab(line, { dayMatch }), hint).toThrow(/can never be due/);
      else expect(listInstants(crontab(line, { dayMatch }), after, until), hint).toEqual(expected);
    }
  });
});

describe("a crontab line", () => {
  it("with steps from a value, weekdays up to 7 and years is due at the minutes that a search finds", () => {
    const generator = new Generator(3_000);
    for (let round = 0; round < 300; round += 1) {
      const [minuteFrom, minuteStep] = [generator.below(60), 1 + generator.below(60)];
      const [hourFrom, hourStep] = [generator.below(24), 1 + generator.below(24)];
      const [weekdayFrom, weekdayStep] = [generator.below(8), 1 + generator.below(3)];
      const year = 1990 + generator.below(60);
      const line = `0 ${minuteFrom}/${minuteStep} ${hourFrom}/${hourStep} * * ${weekdayFrom}-7/${weekdayStep},0 ${year}`;
      const weekdays = new Set([0]);
      for (let weekday = weekdayFrom; weekday <= 7; weekday += weekdayStep) weekdays.add(weekday % 7);
      const start = Date.UTC(year, 11, 25);
      const expected: number[] = [];
      for (let at = start; at < start + 12 * DAY; at += MINUTE) {
        const date = new Date(at);
        const [minutes, hours] = [date.getUTCMinutes() - minuteFrom, date.getUTCHours() - hourFrom];
        const isTime = minutes >= 0 && minutes % minuteStep === 0 && hours >= 0 && hours % hourStep === 0;
        if (isTime && weekdays.has(date.getUTCDay()) && date.getUTCFullYear() === year) expected.push(at);
      }
      const hint = `seed ${seed}, ${line}`;
      // A line of numbers and years is unclear as text, so it is read as JSON.
      const schedule = crontabType.parse({ type: "crontab", expression: line });
      expect(listInstants(schedule, start - 1, start + 12 * DAY), hint).toEqual(expected);
      expect(schedule.next(Date.UTC(year - 500, 0, 1)), hint).toBeLessThan(Date.UTC(year, 0, 9));
      expect(crontabType.parse(schedule.toJSON()), hint).toEqual(schedule);
    }
  });
});

const DAYS_OF_MONTH = ["*", "L", "1-7,L", "15", "13,L", "29-31", "*/5", "L-2", "L-30", "15W", "1W,LW", "31W", "L-1W"];
const DAYS_OF_WEEK = ["*", "fri", "friL", "mon#1", "mon#5,tueL", "sun,wed#3", "1-5", "7", "5-7", "sat,7-2", "fri#L"];

/** Whether a date matches: asks the calendar for each part, and does not use tables like the code under test. */
function matchesDay(day: number, dayOfMonth: string, dayOfWeek: string, dayMatch: "and" | "or"): boolean {
  const date = new Date(day);
  const [number, weekday] = [date.getUTCDate(), date.getUTCDay()];
  const monthOf = (instant: number): number => new Date(instant).getUTCMonth();
  const ofMonth = dayOfMonth.split(",").some((part) => {
    if (part.endsWith("W")) return isNearestWeekday(day, part.slice(0, -1));
    if (part.startsWith("L")) return isDayOfMonth(day, part);
    if (part === "*/5") return (number - 1) % 5 === 0;
    const [from = 1, to = from] = part === "*" ? [1, 31] : part.split("-").map(Number);
    return number >= from && number <= to;
  });
  const ofWeek = dayOfWeek.split(",").some((part) => {
    if (part === "*") return true;
    if (part === "1-5") return weekday >= 1 && weekday <= 5;
    if (part === "5-7") return weekday === 0 || weekday >= 5;
    if (part === "7-2") return weekday <= 2;
    if (part === "7") return weekday === 0;
    if (["sun", "mon", "tue", "wed", "thu", "fri", "sat"].indexOf(part.slice(0, 3)) !== weekday) return false;
    if (part.toUpperCase().endsWith("L")) return monthOf(day + 7 * DAY) !== monthOf(day);
    return part.includes("#") ? Math.ceil(number / 7) === Number(part.at(-1)) : true;
  });
  const restricted = !dayOfMonth.startsWith("*") && dayOfWeek !== "*";
  return dayMatch === "or" && restricted ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/** Whether a date is `15`, `L` or `L-2`. */
function isDayOfMonth(day: number, part: string): boolean {
  const date = new Date(day);
  if (!part.startsWith("L")) return date.getUTCDate() === Number(part);
  const last = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0);
  return last - day === Number(part.slice(2)) * DAY;
}

/** Whether a date is the weekday that `part` moves to: asks each day nearby whether it would move here. */
function isNearestWeekday(day: number, part: string): boolean {
  const month = new Date(day).getUTCMonth();
  return [-2, -1, 0, 1, 2].some((shift) => {
    const meant = day + shift * DAY;
    if (new Date(meant).getUTCMonth() !== month || !isDayOfMonth(meant, part)) return false;
    const distances = [0, -1, 1, -2, 2].filter((distance) => {
      const at = new Date(meant + distance * DAY);
      return at.getUTCMonth() === month && at.getUTCDay() % 6 !== 0;
    });
    return meant + distances[0]! * DAY === day;
  });
}
