import { clocked, ConfigError, crontab, interval } from "@beatx/core";

/** No zone is further from UTC than this. */
const MAX_OFFSET_MS = 26 * 3_600_000;

/** The context in which a moment of the command line is read. */
export interface MomentContext {
  /** Epoch ms of `now`. */
  readonly now: number;
  /** Epoch ms that offsets such as `+6h` are counted from. */
  readonly base: number;
  /** The zone whose midnight begins a day. */
  readonly zone: string;
}

/**
 * Reads `now`, an offset (`+6h`, `-1d12h`), a date (the start of that day in the zone), or an instant with its offset
 * from UTC, as epoch ms. @throws ConfigError that names the flag, the value, and what is expected.
 */
export function readMoment(flag: string, text: string, { now, base, zone }: MomentContext): number {
  if (text === "now") return now;
  try {
    if (/^[+-]/.test(text)) return moveBy(text, base);
    const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
    return date ? startOfDay(Number(date[1]), Number(date[2]), Number(date[3]), zone) : clocked(text).next(-Infinity)!;
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const forms = "now, +6h, 2030-01-31 (the start of the day), 2030-01-31T09:00:00Z or 2030-01-31T09:00:00+01:00";
    const message = `${flag} ${JSON.stringify(text)} is not a moment: expected ${forms}`;
    throw new ConfigError(message, { field: flag, cause });
  }
}

/** Reads the duration as core does: an interval counted from 0 is first due after exactly that time. */
function moveBy(offset: string, base: number): number {
  const durationMs = interval(offset.slice(1)).next(0) ?? Infinity;
  return clocked(offset.startsWith("-") ? base - durationMs : base + durationMs).next(-Infinity)!;
}

/** The first moment of the day by core's rules: right after the gap if the clocks skip midnight. */
function startOfDay(year: number, month: number, day: number, zone: string): number {
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // `Date` reads 30 February as 2 March, and the year 30 as 1930.
  const isDate = midnight.getUTCDate() === day && midnight.getUTCFullYear() === year;
  if (!isDate) throw new ConfigError("there is no such day");
  return crontab(`0 0 ${day} ${month} *`, { timezone: zone }).next(midnight.getTime() - MAX_OFFSET_MS)!;
}
