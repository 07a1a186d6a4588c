import { PublishError, RevisionData } from "@beatx/core/adapter";
import type { Clock, JsonObject, Message } from "@beatx/core";
import type { Options } from "amqplib";
import { toField, toFieldTable } from "./field-table.js";
import type { FieldTable } from "./field-table.js";
import { createRoutes, makeSender } from "../message/routes.js";
import type { Route } from "../message/routes.js";
import { callHeaders, stampHeaders, taskBody, taskHeaders } from "../message/message.js";
import type { Address, Sender } from "../message/message.js";
import type { CeleryOptions } from "../message/options.js";
import type { OverlapKeys } from "../message/overlap.js";
import { makeStamp, type Stamp } from "../message/stamp.js";

/** One task message as kombu publishes it over AMQP. */
export interface AmqpMessage {
  readonly id: string;
  readonly address: Address;
  readonly content: Buffer;
  /** The entry's words on how to declare its queue; `null`: it does not say. */
  readonly queueArguments: JsonObject | null;
  /**
   * Use the result before calling this for another message: both may fill in the same table of headers. amqplib makes a
   * prototype of the table. With a table for each entry, that takes twice the time of the rest of a message.
   */
  toProperties(): Options.Publish;
}

/** @throws PublishError for a message that can never be sent: an option is unknown or wrong, a name or body too long. */
export type AmqpEncoder = (message: Message) => AmqpMessage;

/** The parts that the messages of one revision of an entry share. */
interface Prepared {
  readonly content: Buffer;
  readonly headers: FieldTable;
  /** The table of all messages whose headers have these names. */
  readonly table: FieldTable;
}

/** RabbitMQ 4's default limit. A longer message would take the whole batch down with it. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** RabbitMQ refuses a longer lifetime, in ms. The worker goes by the header `expires` anyway. */
const MAX_EXPIRATION_MS = 2 ** 32 - 1;
const MAX_NAME_BYTES = 255;
/** Tables for different sets of names: users add headers of their own. */
const TABLES_KEPT = 100;

export interface EncoderSettings {
  readonly defaultQueue: string;
  readonly clock: Clock;
  /** The keys that keep runs apart; omitted: none does. */
  readonly keyOf?: OverlapKeys | undefined;
}

/** Turns messages into AMQP. The parts that an entry's messages share are made once per revision of the entry. */
export function createAmqpEncoder(settings: EncoderSettings): AmqpEncoder {
  const sender = makeSender();
  const { keyOf } = settings;
  const findRoute = createRoutes(settings.defaultQueue);
  const preparedOf = new RevisionData<Prepared>();
  const tableFor = createTables();

  function toProperties(message: Message, options: CeleryOptions, { headers, table }: Prepared): Options.Publish {
    const stamp = makeStamp(message, options, settings.clock.now());
    const expiration = Number(stamp.expiration ?? Infinity);
    return {
      mandatory: true,
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: Object.assign(table, headers, stampFields(stamp)),
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
    const prepared =
      preparedOf.get(templateKey) ??
      preparedOf.keep(templateKey, prepare(message, route, { sender, tableFor, keyOf, nowMs: settings.clock.now() }));
    const { queueArguments } = options;
    return {
      id: message.id,
      address,
      content: prepared.content,
      queueArguments,
      toProperties: () => toProperties(message, options, prepared),
    };
  };
}

interface Preparing extends Pick<EncoderSettings, "keyOf"> {
  readonly sender: Sender;
  readonly tableFor: TableFor;
  readonly nowMs: number;
}

function prepare(
  message: Message,
  { options, address }: Route<unknown>,
  { sender, tableFor, keyOf, nowMs }: Preparing,
): Prepared {
  const content = taskBody(message, options);
  const fault = findFault(options, address, content);
  if (fault !== undefined) throw new PublishError(`entry ${JSON.stringify(message.entry)}: ${fault}`);
  const call = { ...callHeaders(message), overlap: keyOf?.(message) };
  const headers = toFieldTable(taskHeaders(call, options, sender, makeStamp(message, options, nowMs)));
  return { content, headers, table: tableFor(headers) };
}

/** The headers that change with each message of an entry, as amqplib takes them. */
function stampFields(stamp: Stamp): FieldTable {
  return { ...stampHeaders(stamp), "beatx-fence": toField(stamp.fence) };
}

/** A table with the names of the headers: always the same one for the same names. */
type TableFor = (headers: FieldTable) => FieldTable;

function createTables(): TableFor {
  const tables = new Map<string, FieldTable>();
  return (headers) => {
    const names = JSON.stringify(Object.keys(headers));
    const known = tables.get(names);
    if (known) return known;
    if (tables.size === TABLES_KEPT) tables.clear();
    const table = Object.fromEntries(Object.entries(headers));
    tables.set(names, table);
    return table;
  };
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
