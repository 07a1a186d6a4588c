import type { JsonObject, JsonValue } from "@beatx/core";
import { callHeaders, taskBody, taskHeaders } from "../message/message.js";
import type { Address, Call, CallHeaders, Sender } from "../message/message.js";
import type { CeleryOptions } from "../message/options.js";
import type { Stamp } from "../message/stamp.js";

/** What all messages of a revision of an entry share, and no other entry has. */
export interface CallFields extends CallHeaders {
  /** In base64. */
  readonly body: JsonValue;
}

export function callFields(message: Call, options: CeleryOptions, overlap?: string): CallFields {
  return { ...callHeaders(message), overlap, body: taskBody(message, options).toString("base64") };
}

/** One task message as kombu stores it on Redis, where headers, properties and body are one JSON text. */
export function celeryMessage(
  message: Call,
  options: CeleryOptions,
  address: Address,
  sender: Sender,
  stamp: Stamp,
): JsonObject {
  return composeMessage(callFields(message, options), { options, address }, sender, stamp);
}

/** `celeryMessage` of a call whose fields are known. */
export function composeMessage(
  call: CallFields,
  { options, address }: { readonly options: CeleryOptions; readonly address: Address },
  sender: Sender,
  stamp: Stamp,
): JsonObject {
  return {
    body: call.body,
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: taskHeaders(call, options, sender, stamp),
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
