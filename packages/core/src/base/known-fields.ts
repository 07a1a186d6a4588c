import { ConfigError } from "./errors.js";

/** A field that nobody reads is a typo: better refused than ignored. @throws ConfigError that lists the known ones. */
export function refuseUnknownFields(what: string, fields: object, known: readonly string[]): void {
  for (const field of Object.keys(fields)) {
    if (known.includes(field)) continue;
    throw new ConfigError(`unknown field "${field}" in ${what} (known: ${known.join(", ")})`, { field });
  }
}
