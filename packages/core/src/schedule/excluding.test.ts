import { seeded } from "@beatx/test-servers/seeded";
import { describe, expect, it } from "vitest";

import type { CalendarType } from "../contract/calendar.js";
import type { Schedule } from "../contract/schedule.js";
import { anyOf } from "./any-of.js";
import { calendar } from "./calendar.js";
import { clocked } from "./clocked.js";
import { crontab } from "./crontab.js";
import type { ExcludedDay } from "./excluded-days.js";
import { exclude } from "./exclusions.js";
import type { OnExcluded } from "./excluding.js";
import { interval } from "./interval.js";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const seed = Number(process.env["BEATX_TEST_SEED"] ?? 20_260_101);

/** Changes of the clocks: an hour, half an hour, a day that is skipped, and one just after midnight. */
const CHANGES = [
  ["Europe/Berlin", "2027-03-28"],
  ["Europe/Berlin", "2027-10-31"],
  ["America/New_York", "2027-03-14"],
  ["America/New_York", "2027-11-07"],
  ["Australia/Lord_Howe", "2027-10-03"],
  ["Australia/Lord_Howe", "2027-04-04"],
  ["Pacific/Apia", "2011-12-30"],
  ["Pacific/Apia", "2011-09-24"],
  ["America/St_Johns", "2010-11-07"],
  ["America/St_Johns", "2010-03-14"],
] as const;

/** A zone minute by minute around a day, as `Intl` shows it. */
class World {
  readonly start: number;
  /** Minutes of the wall clock, from 1970. */
  readonly local: number[] = [];
  readonly days: ReadonlySet<number>;

  readonly middle: number;

  constructor(zone: string, middle: number, days = 14) {
    this.middle = middle;
    this.start = middle - days * DAY;
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
    for (let minute = 0; minute < 2 * days * 1_440; minute += 1) {
      const text = format.format(this.start + minute * MINUTE);
      this.local.push(Date.parse(`${text.replace(" ", "T")}Z`) / MINUTE);
    }
    this.days = new Set(this.local.map((minute) => Math.floor(minute / 1_440)));
  }

  localOf(instant: number): number {
    return this.local[(instant - this.start) / MINUTE]!;
  }

  dayOf(instant: number): number {
    return Math.floor(this.localOf(instant) / 1_440);
  }

  hasDay(day: number): boolean {
    return this.days.has(day);
  }

  isBeyond(day: number): boolean {
    return Math.abs(day - this.middle / DAY) > 20;
  }

  firstAt(local: number): number {
    return this.start + this.local.findIndex((minute) => minute >= local) * MINUTE;
  }
}

const worlds = new Map<string, World>();
function worldOf(zone: string, day: string): World {
  const known = worlds.get(zone + day) ?? new World(zone, Date.parse(day));
  worlds.set(zone + day, known);
  return known;
}

const textOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

/** Each instant of the rule, moved or dropped on its own. */
function model(world: World, rule: Schedule, isExcluded: (day: string) => boolean, onExcluded: OnExcluded): number[] {
  const end = world.start + world.local.length * MINUTE;
  const found = new Set<number>();
  for (let at = rule.next(world.start - 1); at !== null && at < end; at = rule.next(at)) {
    const day = world.dayOf(at);
    if (!isExcluded(textOf(day))) found.add(at);
    else if (onExcluded !== "skip") {
      const step = onExcluded === "next-day" ? 1 : -1;
      let target = day + step;
      while ((isExcluded(textOf(target)) || !world.hasDay(target)) && !world.isBeyond(target)) target += step;
      if (!world.isBeyond(target)) found.add(world.firstAt(target * 1_440 + world.localOf(at) - day * 1_440));
    }
  }
  return [...found].sort((a, b) => a - b);
}

function list(rule: Schedule, from: number, until: number): number[] {
  const found: number[] = [];
  for (let at = rule.next(from); at !== null && at <= until; at = rule.next(at)) found.push(at);
  return found;
}

/** Some items, and whether a day is excluded by them, from its text alone. */
interface Drawn {
  readonly except: readonly ExcludedDay[];
  readonly isExcluded: (day: string) => boolean;
  readonly types: readonly CalendarType[];
}

function draw(random: () => number, middle: number): Drawn {
  const below = (limit: number): number => Math.floor(random() * limit);
  const near = (): number => Math.floor(middle / DAY) + below(9) - 4;
  const weekday = (day: string): number => new Date(day).getUTCDay();
  const except: ExcludedDay[] = [];
  const types: CalendarType[] = [];
  const checks: ((day: string) => boolean)[] = [];
  for (let count = 1 + below(3); count > 0; count -= 1) {
    const [first, length] = [near(), below(3)];
    const [from, to] = [textOf(first), textOf(first + length)];
    const kind = below(5);
    if (kind === 0) except.push(from);
    if (kind === 0) checks.push((day) => day === from);
    if (kind === 1) except.push(`${from}/${to}`);
    if (kind === 1) checks.push((day) => day >= from && day <= to);
    if (kind === 2) except.push(`${from.slice(5)}/${to.slice(5)}`);
    if (kind === 2)
      checks.push((day) =>
        Array.from({ length: length + 1 }, (_, n) => textOf(first + n).slice(5)).includes(day.slice(5)),
      );
    if (kind === 3) {
      const chosen = below(7);
      except.push(["sun", "mon", "tue", "wed", "thu", "fri", "sat"][chosen]!);
      checks.push((day) => weekday(day) === chosen);
    }
    if (kind === 4) {
      const days = [textOf(near()), textOf(near())];
      except.push({ calendar: `c${count}` });
      types.push(calendar(`c${count}`, days));
      checks.push((day) => days.includes(day));
    }
  }
  return { except, types, isExcluded: (day) => checks.some((check) => check(day)) };
}

describe("a rule with excluded days", () => {
  it.each<OnExcluded>(["skip", "next-day", "previous-day"])("is due as a day-by-day search says: %s", (onExcluded) => {
    const random = seeded(seed + onExcluded.length);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    for (let round = 0; round < 400; round += 1) {
      const [zone, day] = pick(CHANGES);
      const world = worldOf(zone, day);
      const { except, types, isExcluded } = draw(random, world.middle);
      const rule = pick<() => Schedule>([
        () => crontab(`${pick([0, 15, 30])} ${pick(["0", "2", "23", "9,18", "*/5", "1-3"])} * * *`, { timezone: zone }),
        () => crontab(`${pick(["*/20", "0,30", "45"])} ${pick(["*", "*/6", "0-3"])} * * *`, { timezone: zone }),
        () => crontab(`0 9 * * ${pick(["mon-fri", "sat,sun", "wed"])}`, { timezone: zone }),
        () => interval(pick(["7h", "50m", "1d", "2d"]), { anchor: pick(["1970-01-01T00:00Z", "2000-01-01T00:10Z"]) }),
        () => clocked(world.middle + Math.floor(random() * 8 - 4) * DAY + 150 * MINUTE),
        () => anyOf(interval("9h"), crontab("30 2 * * *", { timezone: zone })),
      ])();
      const schedule = exclude(rule, { except, onExcluded, exceptTimezone: zone }, "UTC", types);
      const [from, until] = [world.middle - 6 * DAY, world.middle + 6 * DAY];
      const all = model(world, rule, isExcluded, onExcluded);
      const expected = all.filter((at) => at > from && at <= until);
      const note = `seed ${seed}, round ${round}: ${String(schedule)}`;
      expect(list(schedule, from, until), note).toEqual(expected);
      for (let count = 0; count < 5; count += 1) {
        const at = from + Math.floor(random() * (until - from));
        const next = expected.find((each) => each > at);
        if (next !== undefined) expect(schedule.next(at), `${note}, after ${at}`).toBe(next);
      }
    }
  });
});
