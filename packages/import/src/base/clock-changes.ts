/** Whether a rule has times that a change of the clocks skips or repeats. */

import { parseSchedule, type ScheduleJson } from "@beatx/core";

const DAY_MS = 86_400_000;
const YEARS = 3;

export interface ClockChanges {
  /** A time of the rule does not exist on some day: the clocks go forward over it. */
  readonly skips: boolean;
  /** A time of the rule comes twice on some day. */
  readonly repeats: boolean;
}

/** Looks at the next three years. `rule`: a crontab with a zone. `now`: epoch ms. */
export function clockChangesOf(rule: ScheduleJson, now: number): ClockChanges {
  const { timezone, ...fields } = rule;
  const found = { skips: false, repeats: false };
  if (typeof timezone !== "string" || rule.type !== "crontab" || !hasFixedTimes(rule)) return found;
  // On a wall clock that never changes.
  const local = parseSchedule({ ...fields, timezone: "UTC" });
  for (const { at, before, after } of changesOf(timezone, now)) {
    const [from, to] = [at + Math.min(before, after), at + Math.max(before, after)];
    const first = local.next(from - 1);
    if (first === null || first >= to) continue;
    if (after > before) found.skips = true;
    else found.repeats = true;
  }
  return found;
}

/** A rule whose minute or hour begins with a star is due whenever the wall clock matches, for every scheduler. */
function hasFixedTimes(rule: ScheduleJson): boolean {
  const { expression, minute, hour } = rule as Partial<Record<string, string>>;
  const words = expression?.split(" ").slice(-5) ?? [minute, hour];
  return words.slice(0, 2).every((word) => word !== undefined && !word.startsWith("*"));
}

interface Change {
  /** Epoch ms. */
  readonly at: number;
  /** Offsets from UTC, in ms. */
  readonly before: number;
  readonly after: number;
}

function* changesOf(zone: string, now: number): Generator<Change> {
  const offsetAt = offsetsOf(zone);
  for (let day = now; day < now + YEARS * 366 * DAY_MS; day += DAY_MS) {
    const [before, after] = [offsetAt(day), offsetAt(day + DAY_MS)];
    if (before === after) continue;
    let [low, high] = [day, day + DAY_MS];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    yield { at: high, before, after };
  }
}

function offsetsOf(timeZone: string): (at: number) => number {
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const; // prettier-ignore
  const format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...parts });
  return (at) => {
    const whole = Math.floor(at / 1_000) * 1_000;
    const found = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day, hour, minute, second } = found;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  };
}
