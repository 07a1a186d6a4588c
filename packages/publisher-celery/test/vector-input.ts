import type { JsonValue } from "@beatx/core";

/** Python objects as an entry writes them in JSON. */
export function plain(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const fields = value as Readonly<Record<string, JsonValue>>;
  if (fields["$datetime"] !== undefined) return fields["$datetime"];
  if (fields["$signature"] !== undefined) return fields["$signature"];
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, plain(field)]));
}
