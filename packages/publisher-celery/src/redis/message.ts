import type { JsonObject } from "@beatx/core";
import { taskBody, taskHeaders } from "../message/message.js";
import type { Address, Call, Sender } from "../message/message.js";
import type { CeleryOptions } from "../message/options.js";
import type { Stamp } from "../message/stamp.js";

/** One task message as kombu stores it on Redis, where headers, properties and body are one JSON text. */
export function celeryMessage(
  message: Call,
  options: CeleryOptions,
  address: Address,
  sender: Sender,
  stamp: Stamp,
): JsonObject {
  return {
    body: taskBody(message, options).toString("base64"),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: taskHeaders(message, options, sender, stamp),
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
