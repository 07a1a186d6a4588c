import { ConfigError } from "./errors.js";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Returns the value if it survives JSON unchanged.
 * @throws ConfigError with the path of the part that JSON would change or drop.
 */
export function checkJson(value: unknown, path: string): JsonValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw notJson(path, String(value));
  }
  if (Array.isArray(value)) return value.map((item, index) => checkJson(item, `${path}[${index}]`));
  return checkJsonObject(value, path);
}

export function checkJsonObject(value: unknown, path: string): JsonObject {
  if (!isPlainObject(value)) throw notJson(path, describe(value));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, checkJson(item, `${path}.${key}`)]));
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A short text for any value, for error messages. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "an array" : `a ${value.constructor?.name ?? "object"}`;
  return typeof value === "function" ? "a function" : String(value);
}

function notJson(field: string, shown: string): ConfigError {
  return new ConfigError(
    `${field} is ${shown}, which JSON cannot carry: use null, booleans, finite numbers, strings, arrays and plain objects`,
    { field },
  );
}
