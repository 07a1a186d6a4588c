import { ConfigError } from "./errors.js";

/**
 * Refuses unknown fields instead of ignoring them: they are typos. `path`: prefix of the field names, such as
 * `schedule.ping.`. @throws ConfigError that lists the known fields.
 */
export function refuseUnknownFields(what: string, fields: object, known: readonly string[], path: string = ""): void {
  for (const field of Object.keys(fields)) {
    if (known.includes(field)) continue;
    const message = `unknown field "${path}${field}" in ${what} (known: ${known.join(", ")})`;
    throw new ConfigError(message, { field: `${path}${field}` });
  }
}
