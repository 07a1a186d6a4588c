import { ConfigError } from "@beatx/core/adapter";

/** The most occurrences in one period: the library computes a whole period at once, some 10 µs for each. */
const MAX_PER_PERIOD = 5_000;

/** Frequencies from the longest period to the shortest. */
const FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];

/**
 * Refuses a rule whose single periods would take seconds to compute, and one whose positions lie beyond every period.
 * @throws ConfigError that names the part and the limit.
 */
export function checkRuleSize(parts: ReadonlyMap<string, string>): void {
  const most = mostPerPeriod(parts);
  if (most > MAX_PER_PERIOD) {
    const hint = `write it with a shorter FREQ, or fewer values, so that it has at most ${MAX_PER_PERIOD}`;
    const message = `rrule has up to ${most} occurrences in one ${parts.get("FREQ")} period: ${hint}`;
    throw new ConfigError(message, { field: "FREQ" });
  }
  const positions = parts.get("BYSETPOS")?.split(",").map(Number);
  if (positions === undefined || positions.some((position) => Math.abs(position) <= most)) return;
  const message = `rrule BYSETPOS=${positions.slice(0, 5).join(",")} can never be due: a period has at most ${most} occurrences`;
  throw new ConfigError(message, { field: "BYSETPOS" });
}

/** An upper bound of the occurrences in one period. */
function mostPerPeriod(parts: ReadonlyMap<string, string>): number {
  const frequency = FREQUENCIES.indexOf(parts.get("FREQ")!);
  const times = ["BYHOUR", "BYMINUTE", "BYSECOND"].map((name, index) => {
    return frequency < FREQUENCIES.indexOf("HOURLY") + index ? sizeOf(parts, name, 1) : 1;
  });
  return times.reduce((product, size) => product * size, daysPerPeriod(parts));
}

function daysPerPeriod(parts: ReadonlyMap<string, string>): number {
  const frequency = parts.get("FREQ");
  if (frequency === "YEARLY") return daysPerYear(parts);
  if (frequency === "WEEKLY") return Math.min(7, sizeOf(parts, "BYDAY", 1));
  if (frequency !== "MONTHLY") return 1;
  const hasDays = parts.has("BYDAY") || parts.has("BYMONTHDAY");
  return hasDays ? Math.min(31, sizeOf(parts, "BYMONTHDAY", Infinity), weekdayDates(parts, 1, 5)) : 1;
}

function daysPerYear(parts: ReadonlyMap<string, string>): number {
  const hasDays = ["BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYWEEKNO"].some((name) => parts.has(name));
  if (!hasDays) return sizeOf(parts, "BYMONTH", 1);
  const months = sizeOf(parts, "BYMONTH", 12);
  return Math.min(
    366,
    sizeOf(parts, "BYYEARDAY", Infinity),
    sizeOf(parts, "BYMONTHDAY", Infinity) * months,
    weekdayDates(parts, parts.has("BYMONTH") ? months : 1, Math.min(53, months * 5)),
    daysInWeeks(parts),
  );
}

/**
 * The dates that `BYDAY` names, if a weekday has up to `times` dates. One with a number, such as `1MO`, has `perNumber`.
 * RFC 5545 forbids a number beside `BYWEEKNO` and `BYYEARDAY`, where the library goes by the weekday.
 */
function weekdayDates(parts: ReadonlyMap<string, string>, perNumber: number, times: number): number {
  if (!parts.has("BYDAY")) return Infinity;
  if (parts.has("BYWEEKNO") || parts.has("BYYEARDAY")) return sizeOf(parts, "BYDAY", 0) * times;
  const isNumbered = (weekday: string): boolean => /\d/.test(weekday);
  const weekdays = [...new Set(parts.get("BYDAY")!.split(","))];
  return weekdays.reduce((dates, weekday) => dates + (isNumbered(weekday) ? perNumber : times), 0);
}

function daysInWeeks(parts: ReadonlyMap<string, string>): number {
  const weekdays = parts.get("BYDAY") ?? "";
  const perWeek = /\d/.test(weekdays) ? 7 : Math.min(7, sizeOf(parts, "BYDAY", 7));
  return sizeOf(parts, "BYWEEKNO", Infinity) * perWeek;
}

/** The number of different values of a part; `otherwise` if the rule does not have it. */
function sizeOf(parts: ReadonlyMap<string, string>, name: string, otherwise: number): number {
  const values = parts.get(name);
  return values === undefined ? otherwise : new Set(values.split(",").map((value) => value.replace(/^\+?0*/, ""))).size;
}
