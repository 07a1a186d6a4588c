import { describe, shorten } from "./describe.js";
import { ConfigError } from "./errors.js";
import { guarded, isPlainObject } from "./json.js";

/**
 * Refuses unknown fields instead of ignoring them: they are typos. `path`: prefix of the field names, such as
 * `schedule.ping.`. @throws ConfigError that lists the known fields.
 */
export function refuseUnknownFields(what: string, fields: object, known: readonly string[], path: string = ""): void {
  const [first, ...others] = guarded(what, () => Object.keys(fields)).filter((field) => !known.includes(field));
  if (first === undefined) return;
  const names = [first, ...others].map((field) => `"${shorten(`${path}${field}`, 200)}"`);
  const noun = others.length === 0 ? "field" : "fields";
  const message = `unknown ${noun} ${names.join(", ")} in ${what} (known: ${known.join(", ")})`;
  throw new ConfigError(message, { field: `${path}${first}` });
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
  const fields = known.map((field) => [field, guarded(`${path}${field}`, () => given[field])] as const);
  return Object.fromEntries(fields.filter(([, each]) => each !== undefined)) as T;
}
