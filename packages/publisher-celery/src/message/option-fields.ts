import type { JsonObject, JsonValue } from "@beatx/core";
import { findArgumentFault, isQueueType } from "./queue-arguments.js";
import type { QueueType } from "./queue-arguments.js";

/** A point in time that an option names: a delay after the sending, or a date. */
export type Moment = { readonly afterMs: number } | { readonly at: number };

export type FieldReader<T> = (value: JsonValue) => T;

/** Says which value was expected. `readCeleryOptions` adds the name of the option and its value. */
export class WrongValue extends Error {
  readonly expected: string;

  constructor(expected: string) {
    super(expected);
    this.expected = expected;
  }
}

/** JSON of a date with its offset, as `Date.toJSON` and Python's `isoformat` of an aware datetime write it. */
const ISO_DATE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/i;

/** Dates are sent as text with four-digit years. */
const MAX_SECONDS = 100 * 366 * 86_400;

export function momentToEpochMs(moment: Moment, nowMs: number): number {
  return "at" in moment ? moment.at : nowMs + moment.afterMs;
}

export function readName(value: JsonValue): string {
  if (typeof value !== "string" || value === "") throw new WrongValue("expected a non-empty text");
  return value;
}

export function readBoolean(value: JsonValue): boolean {
  if (typeof value !== "boolean") throw new WrongValue("expected true or false");
  return value;
}

export function readObject(value: JsonValue): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WrongValue("expected an object");
  return value as JsonObject;
}

export function readPriority(value: JsonValue): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 9) {
    throw new WrongValue("expected a whole number from 0 to 9 (on Redis 0 is taken first, on RabbitMQ 9)");
  }
  return value as number;
}

export function readQueueType(value: JsonValue): QueueType {
  if (!isQueueType(value)) throw new WrongValue('expected "classic" or "quorum"');
  return value;
}

/** Arguments with which a queue is declared; those that are `null` are left out. */
export function readQueueArguments(value: JsonValue): JsonObject {
  const fault = findArgumentFault(value);
  if (fault !== undefined) throw new WrongValue(fault);
  return value as JsonObject;
}

export function readSeconds(value: JsonValue): number {
  if (typeof value !== "number" || !(value > 0) || value > MAX_SECONDS) {
    throw new WrongValue("expected a number of seconds above 0 and below a hundred years");
  }
  return value;
}

/** Seconds from the sending; 0 is no countdown, as in Celery. */
export function readCountdown(value: JsonValue): Moment | null {
  return value === 0 ? null : { afterMs: Math.round(readSeconds(value) * 1000) };
}

export function readDate(value: JsonValue): Moment {
  const at = typeof value === "string" && ISO_DATE.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at)) throw new WrongValue("expected a date with its offset, as in 2026-03-04T05:06:07Z");
  return { at };
}

export function readExpires(value: JsonValue): Moment {
  if (typeof value === "string") return readDate(value);
  return { afterMs: Math.round(readSeconds(value) * 1000) };
}

export function readDeliveryMode(value: JsonValue): 1 | 2 {
  if (value === 1 || value === "transient") return 1;
  if (value === 2 || value === "persistent") return 2;
  throw new WrongValue('expected 1 ("transient") or 2 ("persistent")');
}

/** Workers know more compressions. These two are the same to them and need no extra package. */
export function readCompression(value: JsonValue): boolean {
  if (value !== "gzip" && value !== "zlib") throw new WrongValue('expected "gzip" or "zlib"');
  return true;
}

export function readSerializer(value: JsonValue): "json" {
  if (value !== "json") throw new WrongValue('messages are JSON: omit it or write "json"');
  return value;
}

/** One signature or a list of them; each with all the fields that Celery's `Signature` has in JSON. */
export function readSignatures(value: JsonValue): readonly JsonObject[] {
  const signatures = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return signatures.map((signature) => {
    const given = readObject(signature);
    if (typeof given["task"] !== "string") {
      throw new WrongValue(
        'expected a signature such as { "task": "tasks.done", "args": [], "options": {} }, or a list',
      );
    }
    return { args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false, ...given };
  });
}
