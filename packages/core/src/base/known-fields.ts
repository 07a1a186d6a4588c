import { describe, shorten } from "./describe.js";
import { ConfigError } from "./errors.js";
import { guarded, isPlainObject } from "./json.js";
import { redactText } from "./redact-uri.js";

/**
 * Refuses unknown fields instead of ignoring them: they are typos. `path`: prefix of the field names, such as
 * `schedule.ping.`. @throws ConfigError that lists the known fields.
 */
export function refuseUnknownFields(what: string, fields: object, known: readonly string[], path: string = ""): void {
  const unknown = guarded(what, () => Object.keys(fields)).filter((field) => !known.includes(field));
  // A URI gets into a name by a blank or a colon too few in YAML.
  const names = unknown.map((field) => shorten(redactText(`${path}${field}`), 200));
  if (names[0] === undefined) return;
  const noun = names.length === 1 ? "field" : "fields";
  const list = names.map((name) => `"${name}"`).join(", ");
  throw new ConfigError(`unknown ${noun} ${list} in ${what} (known: ${known.join(", ")})`, { field: names[0] });
}

/**
 * A plain copy of the known fields that are set. Each is read once, so that what was checked is what is used.
 * @throws ConfigError if `given` is not an object, or a field of it cannot be read.
 */
export function readFields<T extends object>(
  what: string,
  given: T,
  known: readonly (keyof T & string)[],
  path: string = "",
): T {
  if (!isPlainObject(given)) {
    throw new ConfigError(`${what}: expected an object, not ${describe(given)}`, { field: path || what });
  }
  const fields: Partial<T> = {};
  let reading = "";
  return guarded(
    () => `${path}${reading}`,
    () => {
      for (const field of known) {
        reading = field;
        const value = given[field];
        if (value !== undefined) fields[field] = value;
      }
      return fields as T;
    },
  );
}

/** A field that is true or false; `false` if it is omitted. @throws ConfigError */
export function readFlag(field: string, value: unknown = false): boolean {
  if (typeof value === "boolean") return value;
  throw new ConfigError(`${field} is ${describe(value)}: expected true or false`, { field });
}
