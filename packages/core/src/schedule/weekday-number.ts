import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";

const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
/** A digit that is a weekday: not the number after a `#`, and not a step. */
const WEEKDAY_DIGIT = /(?<![#/\d])\d(?!\d)/g;

/**
 * What the numbers of a day-of-week field count from. `"sunday-0"`: as in cron, where 7 is Sunday, too. `"unclear"`:
 * the line looks like one of Quartz, where Sunday is 1, but others write such lines with cron's numbers.
 */
export type WeekdayNumbers = "sunday-0" | "unclear";

/** The field with names instead of numbers, if Sunday is 1, as in Quartz and EventBridge. */
export function namedFromSundayOne(written: string): string {
  return named(written, (digit) => digit - 1);
}

/** @throws ConfigError with both meanings if the numbers of this field, or of a part with `#` or `L`, are unclear. */
export function refuseUnclearNumbers(written: string, numbers: WeekdayNumbers): void {
  const ofOneDay = (part: string): boolean => /[#l]/i.test(part);
  if (/(?:^|,)\d\//.test(written)) return; // Refused as a step, whatever the numbers mean.
  const unclear = numbers === "unclear" ? written : written.split(",").filter(ofOneDay).join(",");
  const digits = unclear.match(WEEKDAY_DIGIT)?.map(Number) ?? [];
  // No weekday of Quartz is 0, so the numbers are those of cron.
  if (digits.length === 0 || !digits.every((digit) => digit >= 1 && digit <= 7)) return;
  const [fromOne, fromZero] = [namedFromSundayOne(written), named(written, (digit) => digit % 7)];
  const hint = `write names: "${fromOne}" if Sunday is 1, as in Quartz and EventBridge, or "${fromZero}" if Monday is 1, as in cron`;
  throw new ConfigError(`crontab dayOfWeek ${describe(written)} is unclear: ${hint}`, { field: "dayOfWeek" });
}

function named(written: string, weekdayOf: (digit: number) => number): string {
  return written
    .toLowerCase()
    .replace(WEEKDAY_DIGIT, (digit) => NAMES[weekdayOf(Number(digit))] ?? digit)
    .replace(/l$/, "L");
}
