import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./civil-date.js";

const UNITS = [
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["m", MINUTE_MS],
  ["s", SECOND_MS],
  ["ms", 1],
] as const;

const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Returns ms, from `90s`, `1h30m`, `500ms`, … or a number of ms.
 * @throws ConfigError that names the field and the value.
 */
export function parseDuration(field: string, value: unknown): number {
  const match = typeof value === "string" ? DURATION.exec(value) : null;
  const durationMs = match === null ? value : UNITS.reduce((sum, [, ms], i) => sum + Number(match[i + 1] ?? 0) * ms, 0);
  if (typeof durationMs === "number" && Number.isSafeInteger(durationMs)) return durationMs;
  const hint = 'write whole numbers with units, largest first ("1d", "1h30m", "90s", "500ms"), or whole milliseconds';
  throw new ConfigError(`${field} ${describe(value)} is not a duration: ${hint}`, { field });
}

/** Writes whole ms above 0 as text that `parseDuration` reads back, such as `1h30m`. */
export function formatDuration(durationMs: number): string {
  let rest = durationMs;
  let text = "";
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
