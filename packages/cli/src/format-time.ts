const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Epoch ms as `2026-03-02 07:00:00+01:00` on the wall clock of the zone; with milliseconds where there are any. */
export function formatTime(at: number, zone: string): string {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const ms = ((at % SECOND_MS) + SECOND_MS) % SECOND_MS;
  const fraction = ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`;
  const offset = part("timeZoneName")
    .replace("GMT", "")
    .replace(/^([+-]00:00)?$/, "Z");
  const date = `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
  return `${date} ${part("hour")}:${part("minute")}:${part("second")}${fraction}${offset}`;
}

/** The two largest units of a span, as in `3 h 12 min`; below a second `0.4 s`. Its sign is left out. */
export function formatSpan(spanMs: number): string {
  const ms = Math.abs(spanMs);
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return joinUnits(ms, MINUTE_MS, "min", SECOND_MS, "s");
  if (ms < DAY_MS) return joinUnits(ms, HOUR_MS, "h", MINUTE_MS, "min");
  return joinUnits(ms, DAY_MS, "d", HOUR_MS, "h");
}

/** When something is due, seen from now: `in 3 h 12 min`, or for how long it has been overdue. */
export function formatUntil(at: number, now: number): string {
  return at > now ? `in ${formatSpan(at - now)}` : `overdue for ${formatSpan(now - at)}`;
}

/** For JSON: ISO 8601 in UTC; `null` stays `null`. */
export function isoTime(at: number): string;
export function isoTime(at: number | null): string | null;
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function joinUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  const first = `${Math.floor(ms / largeMs)} ${large}`;
  return rest === 0 ? first : `${first} ${rest} ${small}`;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const twoDigits = "2-digit";
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: twoDigits,
      day: twoDigits,
      hour: twoDigits,
      minute: twoDigits,
      second: twoDigits,
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
    formats.set(zone, format);
  }
  return format;
}
