import { ConfigError } from "../base/errors.js";
import { describe } from "../base/describe.js";
import { guarded } from "../base/json.js";
import { FIRST_INSTANT, isInstant, LAST_INSTANT } from "../base/number-range.js";

/** Years before 0 have a sign and six digits, as in the texts of a `Date`. */
const ISO = /^(-\d{6}|\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Returns epoch ms. A text must have an offset, because without one it could mean a different instant on each machine.
 * @throws ConfigError that names the field and the value.
 */
export function parseInstant(field: string, value: unknown): number {
  const instant = typeof value === "string" ? parseIso(field, value) : guarded(field, () => instantOf(value));
  if (isInstant(instant)) return instant;
  const [first, last] = [FIRST_INSTANT, LAST_INSTANT].map((bound) => new Date(bound).toISOString());
  const forms = 'a valid Date, whole epoch milliseconds, or ISO 8601 text such as "2030-01-31T09:00:00Z"';
  throw new ConfigError(`${field} ${describe(value)} is not an instant: pass ${forms}, from ${first} to ${last}`, {
    field,
  });
}

function instantOf(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}

function parseIso(field: string, text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, offset] = match;
  if (offset === undefined) {
    const hint = `write it with one, as in ${text}Z or ${text}+01:00`;
    throw new ConfigError(`${field} ${describe(text)} has no offset from UTC: ${hint}`, { field });
  }
  // The engine would read 30 February as 2 March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCDate() === Number(day) ? Date.parse(text) : undefined;
}
