/** From a wall clock to a moment. */

/** The moment, epoch ms, at which the clocks of the zone show this time; the later one if they show it twice. */
export function momentOfWallClock(localMs: number, timezone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const offsetAt = (moment: number): number => shownBy(format, moment) - (moment - modulo(moment, 1000));
  // The offsets a day before and after are all that can apply.
  const offsets = [localMs - DAY_MS, localMs + DAY_MS].map(offsetAt);
  const moments = offsets.map((offset) => localMs - offset).filter((moment) => moment + offsetAt(moment) === localMs);
  return moments.length > 0 ? Math.max(...moments) : localMs - Math.min(...offsets);
}

const DAY_MS = 86_400_000;

function shownBy(format: Intl.DateTimeFormat, moment: number): number {
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name)!;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
