import { deflateSync } from "node:zlib";
import type { JsonObject, JsonValue, Message } from "@beatx/core";
import type { CeleryOptions } from "./options.js";
import { overlapHeader } from "./overlap.js";
import { pythonRepr } from "./python-repr.js";
import type { Stamp } from "./stamp.js";

/** The address of a message. The exchange `""` delivers to the queue named by the routing key. */
export interface Address {
  readonly exchange: string;
  readonly routingKey: string;
}

/** The sender of a message. */
export interface Sender {
  /** As in `beatx4711@host`; shown by monitors. */
  readonly origin: string;
  /** Name of a reply queue, for workers with an RPC result backend. beatx never reads it. */
  readonly replyTo: string;
}

/** The part of a message that all occurrences of an entry share. */
export type Call = Pick<Message, "entry" | "task" | "args" | "kwargs">;

/** The headers that all messages of a revision of an entry share, and no other entry has. */
export interface CallHeaders {
  readonly task: JsonValue;
  readonly entry: JsonValue;
  /** The arguments as Celery shows them. */
  readonly argsrepr: JsonValue;
  readonly kwargsrepr: JsonValue;
  /** The key that holds up the next run; omitted: the runs of the entry may overlap. */
  readonly overlap?: JsonValue | undefined;
}

export function callHeaders({ task, entry, args, kwargs }: Call): CallHeaders {
  // Celery shows "no arguments" as an empty tuple.
  return { task, entry, argsrepr: args.length === 0 ? "()" : pythonRepr(args), kwargsrepr: pythonRepr(kwargs) };
}

/**
 * The headers of a task message on any transport: those of Celery's message protocol 2, three of beatx's own by which a
 * consumer can recognise a copy (`beatx-entry`, `beatx-scheduled-at`, `beatx-fence`), and the user's.
 */
export function taskHeaders(call: CallHeaders, options: CeleryOptions, sender: Sender, stamp: Stamp): JsonObject {
  return {
    lang: "py",
    task: call.task,
    id: stamp.id,
    shadow: options.shadow,
    eta: stamp.eta,
    expires: stamp.expires,
    group: null,
    group_index: null,
    retries: 0,
    timelimit: [options.timeLimit, options.softTimeLimit],
    root_id: stamp.id,
    parent_id: null,
    argsrepr: call.argsrepr,
    kwargsrepr: call.kwargsrepr,
    origin: sender.origin,
    ignore_result: options.ignoreResult,
    ...(options.compressed ? { compression: "application/x-gzip" } : {}),
    "beatx-entry": call.entry,
    "beatx-scheduled-at": stamp.scheduledAt,
    "beatx-fence": stamp.fence,
    ...overlapHeader(call.overlap),
    ...options.headers,
  };
}

/** The headers of `taskHeaders` that change with each message of an entry. */
export function stampHeaders(stamp: Stamp): JsonObject {
  return {
    id: stamp.id,
    eta: stamp.eta,
    expires: stamp.expires,
    root_id: stamp.id,
    "beatx-scheduled-at": stamp.scheduledAt,
    "beatx-fence": stamp.fence,
  };
}

/** The same for all messages of an entry. kombu's gzip compression is really zlib (RFC 1950). */
export function taskBody(message: Call, { callbacks, errbacks, compressed }: CeleryOptions): Buffer {
  const embedded = { callbacks, errbacks, chain: null, chord: null };
  const json = Buffer.from(JSON.stringify([message.args, message.kwargs, embedded]));
  return compressed ? deflateSync(json) : json;
}
