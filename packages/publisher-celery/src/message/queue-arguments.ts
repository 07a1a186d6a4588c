import type { JsonObject, JsonValue } from "@beatx/core";

/** Types of queue that Celery workers can consume. */
export const QUEUE_TYPES = ["classic", "quorum"] as const;

export type QueueType = (typeof QUEUE_TYPES)[number];

/** The argument of a declaration that has an option of its own. */
export const TYPE_ARGUMENT = "x-queue-type";

const MAX_NAME_BYTES = 255;

export function isQueueType(value: unknown): value is QueueType {
  return (QUEUE_TYPES as readonly unknown[]).includes(value);
}

/** What is wrong with the arguments of a queue; `undefined`: nothing. */
export function findArgumentFault(value: JsonValue | undefined): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return 'expected an object of arguments, such as { "x-dead-letter-exchange": "failed" }';
  }
  const wrong = Object.keys(value).find((name) => name === "" || Buffer.byteLength(name) > MAX_NAME_BYTES);
  return wrong === undefined ? undefined : `expected names of 1 to ${MAX_NAME_BYTES} bytes`;
}

/**
 * Arguments of a queue with one that another option names. Both may name it if they agree; `undefined`: they do not.
 */
export function addArgument(args: JsonObject, name: string, value: JsonValue | undefined): JsonObject | undefined {
  if (value === undefined) return args;
  if (Object.hasOwn(args, name) && args[name] !== value) return undefined;
  return { ...args, [name]: value };
}
