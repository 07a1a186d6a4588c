/** From the options of Celery's `apply_async` to those that the publisher for Celery takes. */

import type { JsonObject, JsonValue } from "@beatx/core";

export interface ImportedOptions {
  readonly options: JsonObject;
  readonly notes: readonly string[];
}

/** Kept as they are. */
const KEPT = new Set(
  "queue exchange routing_key headers expires countdown eta time_limit soft_time_limit ignore_result shadow delivery_mode link link_error".split(
    " ",
  ),
);

/** What they ask for happens anyway, or means nothing without a caller. */
const NEEDLESS = new Set(
  "retry retry_policy producer connection publisher add_to_parent argsrepr kwargsrepr".split(" "),
);

/** The publisher refuses them: they would replace what it says itself. */
const PROTOCOL_HEADERS = new Set(
  "lang task id shadow eta expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr origin ignore_result compression meth replaced_task_nesting stamped_headers stamps celery_beat_task".split(
    " ",
  ),
);

const HIGHEST_PRIORITY = 9;

/** Which queue Celery and the publisher use if nothing is said. */
const DEFAULT_QUEUE = "celery";

type Keep = (value: JsonValue, notes: string[]) => JsonValue | undefined;

const special: Readonly<Record<string, Keep>> = {
  queue: (queue) => (queue === DEFAULT_QUEUE ? undefined : queue),
  priority: keepPriority,
  serializer: keepSerializer,
  compression: keepCompression,
  expires: keepExpires,
  countdown: (countdown) => (countdown === 0 ? undefined : countdown),
  headers: keepHeaders,
  link: keepSignatures,
  link_error: keepSignatures,
  ignore_result: (ignored) => ignored || undefined,
  time_limit: keepLimit,
  soft_time_limit: keepLimit,
  eta: keepEta,
  // The publisher's default.
  delivery_mode: (mode) => (mode === 2 || mode === "persistent" ? undefined : mode),
};

/** What could not be kept is in the notes. */
export function optionsOf(given: JsonObject): ImportedOptions {
  const notes: string[] = [];
  const options: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || NEEDLESS.has(name)) continue;
    const keep = Object.hasOwn(special, name) ? special[name]! : KEPT.has(name) ? identity : undefined;
    if (keep === undefined) notes.push(`the option ${name} is left out: ${JSON.stringify(value)}`);
    const kept = keep?.(value, notes);
    if (kept !== undefined) options[name] = kept;
  }
  return { options, notes };
}

function identity(value: JsonValue): JsonValue {
  return value;
}

/** Redis and kombu know no higher one. */
function keepPriority(priority: JsonValue, notes: string[]): JsonValue | undefined {
  if (typeof priority !== "number" || !Number.isInteger(priority)) {
    notes.push(`the option priority is left out: ${JSON.stringify(priority)} is not a whole number`);
    return undefined;
  }
  const kept = Math.min(Math.max(priority, 0), HIGHEST_PRIORITY);
  if (kept !== priority) notes.push(`its priority ${priority} becomes ${kept}: beatx has those from 0 to 9`);
  return kept;
}

function keepSerializer(serializer: JsonValue, notes: string[]): undefined {
  if (serializer !== "json") notes.push(`it was sent as ${JSON.stringify(serializer)}; beatx sends JSON`);
  return undefined;
}

function keepCompression(compression: JsonValue, notes: string[]): JsonValue | undefined {
  if (compression === "gzip" || compression === "zlib") return compression;
  notes.push(`the option compression is left out: ${JSON.stringify(compression)} (beatx has gzip and zlib)`);
  return undefined;
}

function keepExpires(expires: JsonValue, notes: string[]): JsonValue | undefined {
  if (typeof expires === "string" || (typeof expires === "number" && expires > 0)) return expires;
  notes.push(`the option expires is left out: with ${JSON.stringify(expires)} workers would drop each message`);
  return undefined;
}

function keepLimit(seconds: JsonValue, notes: string[]): JsonValue | undefined {
  if (typeof seconds === "number" && seconds > 0) return seconds;
  notes.push(`a time limit of ${JSON.stringify(seconds)} is left out`);
  return undefined;
}

function keepEta(eta: JsonValue, notes: string[]): JsonValue {
  notes.push(`its option eta is one fixed moment, ${JSON.stringify(eta)}: later runs have it, too`);
  return eta;
}

function keepHeaders(headers: JsonValue, notes: string[]): JsonValue | undefined {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return undefined;
  const kept = Object.entries(headers).filter(([name]) => !PROTOCOL_HEADERS.has(name));
  const left = Object.keys(headers).filter((name) => PROTOCOL_HEADERS.has(name));
  if (left.length > 0) notes.push(`headers of the protocol itself are left out: ${left.join(", ")}`);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function keepSignatures(link: JsonValue): JsonValue | undefined {
  return Array.isArray(link) && link.length === 0 ? undefined : link;
}
