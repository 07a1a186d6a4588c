import type { JsonObject, JsonValue } from "@beatx/core";
import { findQueueNameTrouble } from "./settings.js";

/** Says which value was expected, for the message. */
export class WrongValue extends Error {
  readonly expected: string;

  constructor(expected: string) {
    super(expected);
    this.expected = expected;
  }
}

export type FieldReader = (value: JsonValue) => JsonValue;

/** The largest priority that BullMQ keeps in order. */
const MAX_PRIORITY = 2 ** 21;

export const readBoolean: FieldReader = (value) => {
  if (typeof value !== "boolean") throw new WrongValue("expected true or false");
  return value;
};

export const readText: FieldReader = (value) => {
  if (typeof value !== "string" || value === "") throw new WrongValue("expected a text");
  return value;
};

export const readQueue: FieldReader = (value) => {
  const trouble = findQueueNameTrouble(value);
  if (trouble !== undefined) throw new WrongValue(trouble);
  return value;
};

/** A whole number from `least` on; `unit` as in "of ms". */
export function numberFrom(least: number, unit = "", most: number = Number.MAX_SAFE_INTEGER): FieldReader {
  const upTo = most === Number.MAX_SAFE_INTEGER ? `${least} on` : `${least} to ${most}`;
  return (value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new WrongValue(`expected a whole number${unit} from ${upTo}`);
  };
}

export const readPriority: FieldReader = numberFrom(0, "", MAX_PRIORITY);

/** An object with these fields and no others; those of `required` must be there. */
export function objectOf(fields: Readonly<Record<string, FieldReader>>, required: readonly string[] = []): FieldReader {
  const shape = `expected an object with ${Object.keys(fields).join(", ")}`;
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WrongValue(shape);
    const given = value as JsonObject;
    for (const [name, inner] of Object.entries(given)) {
      if (!Object.hasOwn(fields, name)) throw new WrongValue(`${shape}, and no "${name}"`);
      try {
        fields[name]!(inner);
      } catch (cause) {
        throw cause instanceof WrongValue ? new WrongValue(`"${name}": ${cause.expected}`) : cause;
      }
    }
    const missing = required.find((name) => !Object.hasOwn(given, name));
    if (missing !== undefined) throw new WrongValue(`${shape}; "${missing}" is missing`);
    return value;
  };
}

const readJitter: FieldReader = (value) => {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new WrongValue("expected a number from 0 to 1");
};

const backoffObject = objectOf({ type: readText, delay: numberFrom(0, " of ms"), jitter: readJitter }, ["type"]);

/** ms, or `{ type: "exponential", delay: 1000 }`. */
export const readBackoff: FieldReader = (value) =>
  typeof value === "number" ? numberFrom(0, " of ms")(value) : backoffObject(value);

const keepObject = objectOf({ age: numberFrom(0, " of seconds"), count: numberFrom(0), limit: numberFrom(1) });

/** All (false), none (true), the last n, or by age and count. */
export const readKeepJobs: FieldReader = (value) => {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return numberFrom(0)(value);
  const { age, count } = keepObject(value) as JsonObject;
  if (age === undefined && count === undefined) throw new WrongValue('expected "age" or "count" in it');
  return value;
};

export const readDeduplication: FieldReader = objectOf(
  {
    id: readText,
    ttl: numberFrom(1, " of ms"),
    extend: readBoolean,
    replace: readBoolean,
    keepLastIfActive: readBoolean,
  },
  ["id"],
);
