import { PublishError, RevisionData } from "@beatx/core/adapter";
import type { Clock, JsonObject, Message } from "@beatx/core";
import type { Options } from "amqplib";
import { toFieldTable } from "./field-table.js";
import type { FieldTable } from "./field-table.js";
import { createRoutes, makeSender } from "../message/routes.js";
import type { Route } from "../message/routes.js";
import { callHeaders, stampHeaders, taskBody, taskHeaders } from "../message/message.js";
import type { Address, Sender } from "../message/message.js";
import type { CeleryOptions } from "../message/options.js";
import { makeStamp } from "../message/stamp.js";

/** One task message as kombu publishes it over AMQP. */
export interface AmqpMessage {
  readonly id: string;
  readonly address: Address;
  readonly content: Buffer;
  /** The entry's words on how to declare its queue; `null`: it does not say. */
  readonly queueArguments: JsonObject | null;
  /**
   * Use the result before calling this for another message of the entry: both fill in the entry's one table of headers.
   * amqplib makes a prototype of the table; with a new table each time, that takes more than half the time of a message.
   */
  toProperties(): Options.Publish;
}

/** @throws PublishError for a message that can never be sent: an option is unknown or wrong, a name or body too long. */
export type AmqpEncoder = (message: Message) => AmqpMessage;

/** The parts that the messages of one revision of an entry share. */
interface Prepared {
  readonly content: Buffer;
  readonly headers: FieldTable;
}

/** RabbitMQ 4's default limit. A longer message would take the whole batch down with it. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** RabbitMQ refuses a longer lifetime, in ms. The worker goes by the header `expires` anyway. */
const MAX_EXPIRATION_MS = 2 ** 32 - 1;
const MAX_NAME_BYTES = 255;

/** Turns messages into AMQP. The parts that an entry's messages share are made once per revision of the entry. */
export function createAmqpEncoder(settings: { readonly defaultQueue: string; readonly clock: Clock }): AmqpEncoder {
  const sender = makeSender();
  const findRoute = createRoutes(settings.defaultQueue);
  const preparedOf = new RevisionData<Prepared>();

  function toProperties(message: Message, options: CeleryOptions, headers: FieldTable): Options.Publish {
    const stamp = makeStamp(message, options, settings.clock.now());
    const expiration = Number(stamp.expiration ?? Infinity);
    return {
      mandatory: true,
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: Object.assign(headers, toFieldTable(stampHeaders(stamp))),
      deliveryMode: options.deliveryMode,
      priority: options.priority,
      correlationId: message.id,
      replyTo: sender.replyTo,
      ...(expiration > MAX_EXPIRATION_MS ? {} : { expiration: String(expiration) }),
    };
  }

  return (message) => {
    const route = findRoute(message);
    const { options, address } = route;
    const { templateKey } = message;
    const { content, headers } =
      preparedOf.get(templateKey) ??
      preparedOf.keep(templateKey, prepare(message, route, sender, settings.clock.now()));
    const { queueArguments } = options;
    return {
      id: message.id,
      address,
      content,
      queueArguments,
      toProperties: () => toProperties(message, options, headers),
    };
  };
}

function prepare(message: Message, route: Route<unknown>, sender: Sender, nowMs: number): Prepared {
  const { options, address } = route;
  const content = taskBody(message, options);
  const fault = findFault(options, address, content);
  if (fault !== undefined) throw new PublishError(`entry ${JSON.stringify(message.entry)}: ${fault}`);
  const headers = taskHeaders(callHeaders(message), options, sender, makeStamp(message, options, nowMs));
  return { content, headers: toFieldTable(headers) };
}

/** A fault for which the broker would close the channel and so fail all messages on it; `undefined`: none. */
function findFault({ headers }: CeleryOptions, { exchange, routingKey }: Address, content: Buffer): string | undefined {
  const tooLong = [exchange, routingKey, ...Object.keys(headers)].find(
    (name) => Buffer.byteLength(name) > MAX_NAME_BYTES,
  );
  if (tooLong !== undefined) {
    return `the name ${JSON.stringify(`${tooLong.slice(0, 40)}…`)} is longer than the ${MAX_NAME_BYTES} bytes that fit`;
  }
  const copies = ["CC", "BCC"].find((name) => Object.hasOwn(headers, name));
  if (copies !== undefined) {
    return `the header "${copies}" makes RabbitMQ send copies to other queues: give it another name`;
  }
  if (content.length <= MAX_CONTENT_BYTES) return undefined;
  const advice = "pass a reference to the data instead of the data";
  return `its arguments take ${content.length} bytes, and at most ${MAX_CONTENT_BYTES} fit: ${advice}`;
}
