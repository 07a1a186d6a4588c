import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import type { JsonObject, JsonValue, Message } from "@beatx/core";
import type { Channel, Options } from "amqplib";
import { describe, expect, it } from "vitest";
import { sampleMessage, stoppedClock } from "../../test/sample-message.js";
import { plain } from "../../test/vector-input.js";
import { createAmqpEncoder } from "./message.js";
import { createQueueDeclarer } from "./queues.js";
import { readAmqpSettings } from "./settings.js";
import type { AmqpSession } from "./session.js";

type Fields = Record<string, JsonValue>;

interface Published {
  readonly properties: Fields;
  readonly headers: Fields;
  readonly header_types: JsonObject;
  readonly body: { readonly json: JsonValue; readonly compressed_with?: string };
}

interface Case {
  readonly id: string;
  readonly what: string;
  readonly input: {
    readonly task: string;
    readonly args: JsonValue[];
    readonly kwargs: JsonObject;
    readonly options: Fields;
  };
  readonly app: { readonly now: string; readonly max_priority?: number; readonly timezone?: string };
  readonly registered_task_options?: Fields;
  readonly methods: readonly (Fields & { readonly method: string })[];
  readonly messages: readonly Published[];
  readonly volatile: readonly string[];
}

const file = new URL("../../vectors/messages/amqp.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };

/** The Celery application knew the queue's exchange; an entry of ours names it. */
const addressed: Readonly<Record<string, Fields>> = { as08: { exchange: "orders-x", routing_key: "order.#" } };
/** Celery's task class set the priority to nothing, which RabbitMQ takes for the 0 that we write. */
const withoutPriority = ["as28"];
/** Celery could not declare the queue. */
const refused = ["as30"];
/** Message protocol 1 is not supported. */
const left = ["as32"];

const sent = cases.filter(({ id }) => !refused.includes(id) && !left.includes(id));

describe("messages recorded from celery beat on RabbitMQ", () => {
  it("are all accounted for", () => {
    expect(cases).toHaveLength(32);
    expect(sent.filter(({ messages }) => messages.length === 1)).toHaveLength(30);
  });

  for (const item of sent) {
    it(`${item.id}: ${item.what}`, () => {
      const { message, nowMs } = inputOf(item);
      const encoded = createAmqpEncoder({ defaultQueue: "celery", clock: stoppedClock(nowMs) })(message);
      const [expected] = item.messages;
      const withDefault = withoutPriority.includes(item.id) ? { priority: 0 } : {};
      const properties = { ...expected!.properties, ...withDefault };
      const sentProperties = encoded.toProperties();
      expect(comparable(readable(sentProperties), item.volatile)).toEqual(
        comparable({ ...expected!, properties }, item.volatile),
      );
      expect(typesOf(ours(sentProperties.headers as Fields))).toEqual(expected!.header_types);
      expect(decodeBody(encoded.content, sentProperties)).toEqual(expected!.body.json);
      const publish = item.methods.find(({ method }) => method === "basic.publish");
      const { exchange, routingKey } = encoded.address;
      expect({ exchange, routing_key: routingKey }).toEqual({
        exchange: publish!["exchange"],
        routing_key: publish!["routing_key"],
      });
    });
  }
});

describe("declarations recorded from celery beat on RabbitMQ", () => {
  const byQueue = [...sent, ...cases.filter(({ id }) => left.includes(id))].filter(
    ({ id, input }) => addressed[id] === undefined && input.options["exchange"] === undefined,
  );

  it("are made in the same words for the queue, and left to the workers for the exchange and the binding", async () => {
    expect(byQueue).toHaveLength(28);
    for (const item of byQueue) {
      const publish = item.methods.find(({ method }) => method === "basic.publish")!;
      const { session, methods } = recordingSession();
      const { max_priority: queueMaxPriority } = item.app;
      const priority = queueMaxPriority === undefined ? {} : { queueMaxPriority };
      const settings = readAmqpSettings({ uri: "celery+amqp://h", createMissingQueues: true, ...priority });
      const wanted = new Map([[publish["routing_key"] as string, null]]);
      await createQueueDeclarer(settings).declare(session, wanted, () => undefined);
      const declared = item.methods.filter(({ method }) => method === "queue.declare");
      expect(declared, item.id).toHaveLength(1);
      expect(methods, item.id).toEqual([{ ...declared[0], passive: true, arguments: {} }, ...declared]);
    }
  });
});

function inputOf({ id, input, app, registered_task_options: registered }: Case): { message: Message; nowMs: number } {
  const written = plain({ ...registered, ...input.options, ...addressed[id] }) as Fields;
  const { task_id: taskId, ...options } = written;
  if (addressed[id]) delete options["queue"];
  const { task, args, kwargs } = input;
  const own = taskId === undefined ? {} : { id: taskId as string };
  return { message: sampleMessage({ task, args, kwargs, options, ...own }), nowMs: Date.parse(app.now) };
}

/** Our message in the words of the recording. */
function readable(properties: Options.Publish): Pick<Published, "properties" | "headers"> {
  const { contentType, contentEncoding, deliveryMode, priority, correlationId, replyTo, expiration } = properties;
  return {
    properties: {
      content_type: contentType!,
      content_encoding: contentEncoding!,
      delivery_mode: deliveryMode as number,
      priority: priority!,
      correlation_id: correlationId!,
      reply_to: replyTo!,
      ...(expiration === undefined ? {} : { expiration }),
    },
    headers: valuesOf(ours(properties.headers as Fields)) as Fields,
  };
}

/** Without beatx's own headers. */
function ours(headers: Fields): Fields {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("beatx-")));
}

/** A number as amqplib takes it, with the name of its type. */
function typed(value: object): { "!": string; value: number } | undefined {
  return Object.hasOwn(value, "!") ? (value as { "!": string; value: number }) : undefined;
}

/** The fields of a table as amqplib writes them: it follows the prototype, too. */
function entriesOf(table: object): [string, JsonValue][] {
  const entries: [string, JsonValue][] = [];
  for (const name in table) entries.push([name, (table as Fields)[name]!]);
  return entries;
}

function valuesOf(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(valuesOf);
  return typed(value)?.value ?? Object.fromEntries(entriesOf(value).map(([name, field]) => [name, valuesOf(field)]));
}

/** The types of the protocol, as the recording names them. */
function typesOf(value: JsonValue): JsonValue {
  if (value === null) return "V";
  if (typeof value === "string") return "S";
  if (typeof value === "boolean") return "t";
  if (typeof value === "number") return "chosen by amqplib";
  if (Array.isArray(value)) return value.map(typesOf);
  const number = typed(value);
  if (number) return { int: "I", long: "l", double: "d" }[number["!"]]!;
  return Object.fromEntries(entriesOf(value).map(([name, field]) => [name, typesOf(field)]));
}

/** Without the values that always differ, and with times to the millisecond, the resolution of our clock. */
function comparable(message: Pick<Published, "properties" | "headers">, volatile: readonly string[]): unknown {
  const copy = structuredClone({ properties: message.properties, headers: message.headers });
  for (const path of volatile) {
    const [part, name] = path.split(".") as ["headers" | "properties", string];
    expect(copy[part], path).toHaveProperty(name);
    copy[part][name] = "<volatile>";
  }
  for (const name of ["eta", "expires"]) {
    const text = copy.headers[name];
    if (typeof text === "string") copy.headers[name] = Date.parse(text);
  }
  const { expiration } = copy.properties;
  // 3232108 in Celery, whose clock was 0.234 ms ahead.
  if (expiration !== undefined) copy.properties["expiration"] = Math.round(Number(expiration) / 10) * 10;
  return copy;
}

function decodeBody(content: Buffer, properties: Options.Publish): unknown {
  const { compression } = properties.headers as { compression?: string };
  return JSON.parse((compression === undefined ? content : inflateSync(content)).toString());
}

/** A connection to nowhere that records the declarations. */
function recordingSession(): { session: AmqpSession; methods: unknown[] } {
  const methods: unknown[] = [];
  const record = (method: Fields): Promise<void> => {
    methods.push(method);
    return Promise.resolve();
  };
  const shared = { passive: false, durable: true, auto_delete: false };
  const channel = {
    checkQueue: async (queue: string) => {
      await record({ method: "queue.declare", queue, ...shared, passive: true, exclusive: false, arguments: {} });
      throw Object.assign(new Error("NOT_FOUND"), { code: 404 });
    },
    assertQueue: (queue: string, options: { durable: boolean; arguments: Fields }) =>
      record({
        method: "queue.declare",
        queue,
        ...shared,
        durable: options.durable,
        exclusive: false,
        arguments: valuesOf(options.arguments),
      }),
  };
  const session = { declareChannel: () => Promise.resolve(channel as unknown as Channel) };
  return { session: session as unknown as AmqpSession, methods };
}
