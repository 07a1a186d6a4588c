import { deflateSync } from "node:zlib";
import type { JsonObject, Message } from "@beatx/core";
import type { CeleryOptions } from "./options.js";
import { pythonRepr } from "./python-repr.js";
import type { Stamp } from "./stamp.js";

/** Where a message is addressed to. The exchange `""` delivers to the queue named by the routing key. */
export interface Address {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Who sends. */
export interface Sender {
  /** As in `beatx4711@host`; shown by monitors. */
  readonly origin: string;
  /** Name of a reply queue, for workers with an RPC result backend. beatx never reads it. */
  readonly replyTo: string;
}

/** The part of a message that all occurrences of an entry share. */
export type Call = Pick<Message, "entry" | "task" | "args" | "kwargs">;

/**
 * One task message as kombu stores it on Redis: Celery's message protocol 2, with three headers of beatx's own by which a
 * consumer can recognise a copy: `beatx-entry`, `beatx-scheduled-at`, `beatx-fence`.
 */
export function celeryMessage(
  message: Call,
  options: CeleryOptions,
  address: Address,
  sender: Sender,
  stamp: Stamp,
): JsonObject {
  const body = encodeBody(message, options);
  return {
    body: body.toString("base64"),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: { ...headers(message, options, sender, stamp), ...options.headers },
    properties: {
      correlation_id: stamp.id,
      reply_to: sender.replyTo,
      delivery_mode: options.deliveryMode,
      delivery_info: { exchange: address.exchange, routing_key: address.routingKey },
      priority: options.priority,
      ...(stamp.expiration === undefined ? {} : { expiration: stamp.expiration }),
      body_encoding: "base64",
      delivery_tag: stamp.deliveryTag,
    },
  };
}

function headers(message: Call, options: CeleryOptions, sender: Sender, stamp: Stamp): JsonObject {
  return {
    lang: "py",
    task: message.task,
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
    // Celery shows "no arguments" as the empty tuple that it is there.
    argsrepr: message.args.length === 0 ? "()" : pythonRepr(message.args),
    kwargsrepr: pythonRepr(message.kwargs),
    origin: sender.origin,
    ignore_result: options.ignoreResult,
    ...(options.compressed ? { compression: "application/x-gzip" } : {}),
    "beatx-entry": message.entry,
    "beatx-scheduled-at": stamp.scheduledAt,
    "beatx-fence": stamp.fence,
  };
}

/** kombu calls it gzip and means zlib (RFC 1950). */
function encodeBody(message: Call, { callbacks, errbacks, compressed }: CeleryOptions): Buffer {
  const embedded = { callbacks, errbacks, chain: null, chord: null };
  const json = Buffer.from(JSON.stringify([message.args, message.kwargs, embedded]));
  return compressed ? deflateSync(json) : json;
}
