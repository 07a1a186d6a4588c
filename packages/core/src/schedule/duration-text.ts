import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./civil-date.js";
import { formatDuration } from "./duration.js";

/** The units of durations in words: `5 minutes`, `90 sec`, Go's `1.5h`. */
const UNITS: readonly (readonly [words: string, unitMs: number])[] = [
  ["ms msec millisecond milliseconds", 1],
  ["s sec secs second seconds", SECOND_MS],
  ["m min mins minute minutes", MINUTE_MS],
  ["h hr hrs hour hours", HOUR_MS],
  ["d day days", DAY_MS],
  ["w week weeks", 7 * DAY_MS],
];
const MS_OF_UNIT: ReadonlyMap<string, number> = new Map(
  UNITS.flatMap(([words, unitMs]) => words.split(" ").map((word) => [word, unitMs] as const)),
);
const COUNTED = /^(?<count>\d+(?:\.\d+)?)\s*(?<unit>[a-z]+)(?:\s*,\s*|\s+and\s+|\s*)/i;
const ISO = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?)$/i;
const ISO_UNITS_MS = [7 * DAY_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS] as const;

/**
 * The duration that a text means, as text of `interval`: `5 minutes`, `1.5h`, `PT5M`, also after `every`, after
 * robfig's `@every`, or in EventBridge's `rate(…)`. After `every`, what cannot be read is left to `interval` to refuse.
 * `null`: the text is no duration.
 */
export function readDurationText(text: string): string | null {
  const trimmed = text.trim();
  const rate = /^rate\((?<inner>[^()]*)\)$/is.exec(trimmed)?.groups?.["inner"];
  const every = /^@?every\s+(?<inner>\S.*)$/is.exec(trimmed)?.groups?.["inner"];
  const inner = withSmallUnits(trimmed, (rate ?? every ?? trimmed).trim());
  const durationMs = isoMs(inner) ?? wordsMs(inner);
  if (durationMs !== null) return Number.isSafeInteger(durationMs) ? formatDuration(durationMs) || "0s" : inner;
  return rate ?? (every !== undefined && /^\d\S*$/.test(every) ? every : null);
}

/** Where all is in capitals, after `@EVERY`, those of a unit mean nothing: M are minutes. */
function withSmallUnits(text: string, inner: string): string {
  return /^@?EVERY\b/.test(text) && text === text.toUpperCase() ? inner.toLowerCase() : inner;
}

function wordsMs(text: string): number | null {
  let sumMs = 0;
  let rest = text;
  while (rest !== "") {
    const match = COUNTED.exec(rest);
    const unit = match?.groups?.["unit"] ?? "";
    // In one letter, case matters: 5M could be months.
    const unitMs = MS_OF_UNIT.get(unit.length === 1 ? unit : unit.toLowerCase());
    if (match === null || unitMs === undefined) return null;
    sumMs += inMs(match.groups!["count"]!, unitMs);
    rest = rest.slice(match[0].length);
  }
  return text === "" ? null : sumMs;
}

function isoMs(text: string): number | null {
  const match = ISO.exec(text);
  if (match === null || !/\d/.test(text)) return null;
  return ISO_UNITS_MS.reduce((sumMs, unitMs, index) => sumMs + inMs(match[index + 1] ?? "0", unitMs), 0);
}

/** Without the error of binary fractions: 1.1 s are 1100 ms. */
function inMs(count: string, unitMs: number): number {
  const [whole, fraction = ""] = count.split(".") as [string, string?];
  return Number(whole) * unitMs + (fraction === "" ? 0 : (Number(fraction) * unitMs) / 10 ** fraction.length);
}
