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
  return guarded(path, () => {
    const copy = copyOf(value, 0);
    if (copy === NOT_JSON) throw faultIn(value, path, 0) ?? notJson(path, describe(value));
    return copy;
  });
}

/**
 * Returns the value itself, which comes from `JSON.parse`.
 * @throws ConfigError as `checkJson` does: JSON may be nested too deep, or have a number that is too large.
 */
export function checkParsedJson(value: unknown, path: string): JsonValue {
  return isCarried(value, 0) ? (value as JsonValue) : checkJson(value, path);
}

/** `take`: `checkJson` or `checkParsedJson`. */
export function checkJsonObject(value: unknown, path: string, take: typeof checkJson = checkJson): JsonObject {
  if (!isPlainObject(value)) throw notJson(path, describe(value));
  return take(value, path) as JsonObject;
}

function isCarried(value: unknown, depth: number): boolean {
  if (isScalar(value)) return true;
  if (typeof value !== "object" || depth === DEEPEST) return false;
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) if (!isCarried(object[key], depth + 1)) return false;
  return true;
}

/** The result of `read`. @throws ConfigError if the value at `path` throws, as a getter or a Proxy may do. */
export function guarded<T>(path: string | (() => string), read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (BeatxError.isInstance(cause)) throw cause;
    const field = typeof path === "string" ? path : path();
    const why = cause instanceof Error ? shorten(cause.message) : describe(cause);
    throw new ConfigError(`${shorten(field, LONGEST_PATH)} cannot be read: ${why}`, { field, cause });
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

/** Stands for a copy of what JSON would change. */
const NOT_JSON = Symbol("not JSON");

/** The copy; paths are made only if there is an error to show. */
function copyOf(value: unknown, depth: number): JsonValue | typeof NOT_JSON {
  if (isScalar(value)) return value;
  if (depth === DEEPEST) return NOT_JSON;
  return Array.isArray(value) ? copyOfArray(value, depth + 1) : copyOfObject(value, depth + 1);
}

function isScalar(value: unknown): value is null | boolean | number | string {
  return value === null || typeof value === "boolean" || typeof value === "string" || Number.isFinite(value);
}

function copyOfArray(value: readonly unknown[], depth: number): JsonValue | typeof NOT_JSON {
  const copy: JsonValue[] = [];
  // Counts, since a hole of a sparse array is no JSON, either.
  for (let index = 0; index < value.length; index++) {
    const item = copyOf(value[index], depth);
    if (item === NOT_JSON) return NOT_JSON;
    copy.push(item);
  }
  return copy;
}

function copyOfObject(value: unknown, depth: number): JsonValue | typeof NOT_JSON {
  if (!isPlainObject(value)) return NOT_JSON;
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) {
    const item = copyOf(value[key], depth);
    if (item === NOT_JSON) return NOT_JSON;
    // An assignment would set the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { value: item, ...PLAIN });
    else copy[key] = item;
  }
  return copy;
}

const PLAIN = { enumerable: true, writable: true, configurable: true };

/** What is wrong with the first part that is no JSON, and its path. */
function faultIn(value: unknown, path: string, depth: number): ConfigError | null {
  if (isScalar(value)) return null;
  if (depth === DEEPEST) return notJson(path, `nested deeper than ${DEEPEST} levels, or contains itself`);
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) return notJson(path, describe(value));
  for (const [key, item] of isArray ? value.entries() : Object.entries(value)) {
    const fault = faultIn(item, isArray ? `${path}[${key}]` : `${path}.${key}`, depth + 1);
    if (fault) return fault;
  }
  return null;
}

function notJson(field: string, shown: string): ConfigError {
  const allowed = "use null, booleans, finite numbers, strings, arrays and plain objects";
  return new ConfigError(`${shorten(field, LONGEST_PATH)} is ${shown}, which JSON cannot carry: ${allowed}`, { field });
}
