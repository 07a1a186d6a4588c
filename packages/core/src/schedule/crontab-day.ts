import { expandPart, type LineFieldName } from "./crontab-field.js";
import type { FloatingDay } from "./month-days.js";

/** `L`, `L-2` (two days before the last), `LW` (the last weekday), `15W` (the weekday nearest to the 15th). */
const DAY_OF_MONTH = /^(?:l(?:-(?<before>\d{1,2}))?|(?<day>\d{1,2})(?=w))(?<workday>w?)$/;
/** `friL` and `fri#L` (the last Friday), `mon#2` (the second Monday). */
const DAY_OF_WEEK = /^(?<weekday>[a-z]+?|\d)(?:#(?<nth>[1-5]|l)|l)$/;

/** A part of a day field that has a different date in each month. */
export interface FloatingPart {
  readonly day: FloatingDay;
  /** Canonical text. */
  readonly text: string;
}

/**
 * Reads a part of a day field, in lower case; `null`: it is no floating day.
 * @throws Error for a number out of range.
 */
export function readFloatingDay(name: LineFieldName, part: string): FloatingPart | null {
  if (name === "dayOfMonth") return readOfMonth(part);
  return name === "dayOfWeek" ? readOfWeek(part) : null;
}

function readOfMonth(part: string): FloatingPart | null {
  const groups = DAY_OF_MONTH.exec(part)?.groups;
  if (groups === undefined) return null;
  const nearestWeekday = groups["workday"] === "w";
  const text = part.toUpperCase();
  if (groups["day"] !== undefined) {
    const [day] = expandPart("dayOfMonth", groups["day"]);
    return { day: { day: day!, from: "start", nearestWeekday }, text };
  }
  const before = Number(groups["before"] ?? 0);
  if (before > 30) throw new Error(`no month has ${before} days before its last`);
  return { day: { day: before, from: "end", nearestWeekday }, text };
}

function readOfWeek(part: string): FloatingPart | null {
  const groups = DAY_OF_WEEK.exec(part)?.groups;
  if (groups === undefined) return null;
  const name = groups["weekday"]!;
  const [weekday] = expandPart("dayOfWeek", name);
  const { nth = "l" } = groups;
  return nth === "l"
    ? { day: { weekday: weekday!, nth: "last" }, text: `${name}L` }
    : { day: { weekday: weekday!, nth: Number(nth) }, text: part };
}
