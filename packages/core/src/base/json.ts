import { describe, shorten } from "./describe.js";
import { BeatxError, ConfigError } from "./errors.js";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** The deepest nesting of JSON: far below the depth at which parsers of Node.js and of workers fail. */
const DEEPEST = 100;
/** The longest path that an error message shows, in characters. */
const LONGEST_PATH = 200;

/**
 * Returns a copy of the value if it survives JSON unchanged.
 * @throws ConfigError with the path of the part that JSON would change or drop.
 */
export function checkJson(value: unknown, path: string): JsonValue {
  return guarded(path, () => copyOf(value, path, 0));
}

export function checkJsonObject(value: unknown, path: string): JsonObject {
  if (!isPlainObject(value)) throw notJson(path, describe(value));
  return checkJson(value, path) as JsonObject;
}

/** The result of `read`. @throws ConfigError if the value throws, as a getter or a Proxy may do. */
export function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (BeatxError.isInstance(cause)) throw cause;
    const why = cause instanceof Error ? shorten(cause.message) : describe(cause);
    throw new ConfigError(`${shorten(path, LONGEST_PATH)} cannot be read: ${why}`, { field: path, cause });
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  try {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  } catch {
    return false; // A Proxy that throws.
  }
}

function copyOf(value: unknown, path: string, depth: number): JsonValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (depth === DEEPEST) throw notJson(path, `nested deeper than ${DEEPEST} levels, or contains itself`);
  // `Array.from` shows the holes of a sparse array as undefined.
  if (Array.isArray(value)) return Array.from(value, (item, index) => copyOf(item, `${path}[${index}]`, depth + 1));
  if (!isPlainObject(value)) throw notJson(path, describe(value));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, copyOf(item, `${path}.${key}`, depth + 1)]),
  );
}

function notJson(field: string, shown: string): ConfigError {
  const allowed = "use null, booleans, finite numbers, strings, arrays and plain objects";
  return new ConfigError(`${shorten(field, LONGEST_PATH)} is ${shown}, which JSON cannot carry: ${allowed}`, { field });
}
