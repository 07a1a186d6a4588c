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

const FORMS = 'whole numbers with units, largest first ("1d", "1h30m", "90s", "500ms")';

/**
 * Returns ms, from `90s`, `1h30m`, `500ms`, … A number without a unit is refused: some read it as seconds, others as
 * ms.
 * @throws ConfigError that names the field and the value.
 */
export function parseDuration(field: string, value: unknown): number {
  const match = typeof value === "string" ? DURATION.exec(value) : null;
  const durationMs = match && UNITS.reduce((sum, [, ms], i) => sum + Number(match[i + 1] ?? 0) * ms, 0);
  if (Number.isSafeInteger(durationMs)) return durationMs!;
  const hint = unitHint(value);
  const problem = hint === null ? `is not a duration: write ${FORMS}` : `has no unit: ${hint}`;
  throw new ConfigError(`${field} ${describe(value)} ${problem}`, { field });
}

/**
 * Returns ms from a field whose name says that a number is ms; text is read as by `parseDuration`.
 * @throws ConfigError that names the field and the value.
 */
export function parseMilliseconds(field: string, value: unknown): number {
  if (typeof value === "string") return parseDuration(field, value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const message = `${field} ${describe(value)} is not a duration: write whole milliseconds, or text with ${FORMS}`;
  throw new ConfigError(message, { field });
}

/**
 * How to write a bare number, or a text that is one, with a unit. `null`: it is not a number that a duration can be.
 */
export function unitHint(value: unknown): string | null {
  const isNumber = typeof value === "number" || (typeof value === "string" && /^\d+(?:\.\d+)?$/.test(value));
  const number = isNumber ? Number(value) : 0;
  const asSecondsMs = Math.round(number * SECOND_MS);
  if (asSecondsMs < 1 || !Number.isSafeInteger(asSecondsMs)) return null;
  return Number.isInteger(number)
    ? `write "${number}s" for seconds or "${number}ms" for milliseconds`
    : `write "${formatDuration(asSecondsMs)}" if it is in seconds`;
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
