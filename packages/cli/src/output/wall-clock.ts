const UNIT_MS = [3_600_000, 60_000, 1_000];

/** What the clocks of a zone show at an instant. */
export interface WallClock {
  /** The date and time that are shown, as epoch ms of a clock that shows UTC. */
  readonly localMs: number;
  /** How far that is from UTC: `Z`, `+01:00`, rarely with seconds. */
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

/** Names an offset alone: `GMT`, or `GMT+01:00`. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  return format;
}
