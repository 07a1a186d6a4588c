import type { JsonObject, JsonValue } from "@beatx/core";

/** A table as amqplib takes it. */
export type FieldTable = Record<string, unknown>;

const INT32 = 2 ** 31;

/**
 * Numbers get the types that Celery's own library writes: 32 bits, 64 bits, or a double. Left alone, amqplib writes small
 * ones in one or two bytes.
 */
export function toFieldTable(object: JsonObject): FieldTable {
  const fields = Object.entries(object).map(([name, value]) => [name, toField(value)] as const);
  return Object.fromEntries(fields);
}

/** One value of a table. */
export function toField(value: JsonValue): unknown {
  if (typeof value === "number") return toNumber(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(toField);
  // amqplib takes a table's own "!" for the name of a type, but an inherited one for a plain field.
  return Object.create(toFieldTable(value as JsonObject));
}

function toNumber(value: number): { "!": string; value: number } {
  if (!Number.isSafeInteger(value)) return { "!": "double", value };
  return { "!": value >= -INT32 && value < INT32 ? "int" : "long", value };
}
