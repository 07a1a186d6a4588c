import { ConfigError } from "../base/errors.js";

const ISO = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Returns epoch ms. A text must have an offset, because without one it could mean a different instant on each machine.
 * @throws ConfigError that names the field and the value.
 */
export function parseInstant(field: string, value: unknown): number {
  const instant = value instanceof Date ? value.getTime() : typeof value === "string" ? parseIso(field, value) : value;
  // A Date holds only whole ms, at most 100 000 000 days from 1970.
  if (typeof instant === "number" && new Date(instant).getTime() === instant) return instant;
  const hint = 'pass a valid Date, whole epoch milliseconds, or ISO 8601 text such as "2030-01-31T09:00:00Z"';
  const shown = typeof value === "number" ? String(value) : JSON.stringify(value);
  throw new ConfigError(`${field} ${shown} is not an instant: ${hint}`, { field });
}

function parseIso(field: string, text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, offset] = match;
  if (offset === undefined) {
    const hint = `write it with one, as in ${text}Z or ${text}+01:00`;
    throw new ConfigError(`${field} ${JSON.stringify(text)} has no offset from UTC: ${hint}`, { field });
  }
  // The engine would read 30 February as 2 March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCDate() === Number(day) ? Date.parse(text) : undefined;
}
