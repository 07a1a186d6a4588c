const UNIT_MS = [3_600_000, 60_000, 1_000];

/** A zone's clock at one moment. */
export interface WallClock {
  /** The local date and time, as the epoch ms at which a UTC clock shows the same. */
  readonly localMs: number;
  /** The offset from UTC: `Z`, `+01:00`, rarely with seconds. */
  readonly offset: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a zone that does not exist. */
export function wallClockOf(at: number, zone: string): WallClock {
  const name = formatOf(zone).formatToParts(at).at(-1)!.value;
  const [, sign = "", digits = ""] = /([+-])([\d:]+)$/.exec(name) ?? [];
  const offsetMs = digits.split(":").reduce((sum, text, unit) => sum + Number(text) * UNIT_MS[unit]!, 0);
  if (offsetMs === 0) return { localMs: at, offset: "Z" };
  return { localMs: at + (sign === "-" ? -offsetMs : offsetMs), offset: `${sign}${digits}` };
}

/** A format whose last part is the offset: `GMT`, or `GMT+01:00`. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  return format;
}
