import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import type { JsonObject, JsonValue, Message } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { sampleMessage, stoppedClock } from "../../test/sample-message.js";
import { plain } from "../../test/vector-input.js";
import { bindingKey, findQueues, KOMBU_NAMING, ownBinding, parseBinding, queueKey } from "./bindings.js";
import { createEncoder } from "./encoder.js";

type Fields = Record<string, JsonValue>;

interface CeleryMessageJson {
  readonly body: string;
  readonly headers: Fields;
  readonly properties: Fields;
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
  readonly app: { readonly now: string; readonly global_keyprefix?: string };
  readonly registered_task_options?: Fields;
  readonly keys: Record<string, { readonly type: string; readonly members?: readonly string[] }>;
  readonly messages: readonly {
    readonly key: string;
    readonly message: CeleryMessageJson;
    readonly body: { readonly json: JsonValue };
  }[];
  readonly volatile: readonly string[];
}

const file = new URL("../../vectors/messages/redis.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };

/** The Celery application knew the queue's exchange; an entry of ours names it. */
const addressed: Readonly<Record<string, Fields>> = { ms08: { exchange: "orders-x", routing_key: "order.#" } };
/** Celery lost the message in silence. */
const lost = ["ms07", "ms29"];
/** Message protocol 1 is not supported. */
const left = ["ms31"];

describe("messages recorded from celery beat", () => {
  it("are all accounted for", () => {
    expect(cases).toHaveLength(31);
    const used = cases.filter((item) => item.messages.length === 1 && !left.includes(item.id));
    expect(used.map((item) => item.id)).toHaveLength(28);
    expect(cases.filter((item) => item.messages.length === 0).map((item) => item.id)).toEqual(lost);
  });

  for (const item of cases) {
    if (lost.includes(item.id) || left.includes(item.id)) continue;
    it(`${item.id}: ${item.what}`, () => {
      const { message, nowMs } = inputOf(item);
      const encoded = createEncoder({ defaultQueue: "celery", naming: KOMBU_NAMING, clock: stoppedClock(nowMs) })(
        message,
      );
      const written = JSON.parse(encoded.toText()) as CeleryMessageJson;
      const [expected] = item.messages;
      expect(comparable(written, item.volatile)).toEqual(comparable(expected!.message, item.volatile));
      expect(decodeBody(written)).toEqual(expected!.body.json);
      expect(keysOf(item, encoded.address, encoded.priority)).toEqual(new Set(Object.keys(item.keys)));
    });
  }

  it("ms07: the topic binding that a worker declared is followed, though Celery loses the message", () => {
    const item = cases.find(({ id }) => id === "ms07")!;
    expect(findQueues(tableOf(item, "orders-x"), "order.created")).toEqual(["orders"]);
  });

  it("ms29: an undeclared exchange reaches no queue", () => {
    const item = cases.find(({ id }) => id === "ms29")!;
    expect(findQueues(tableOf(item, "nowhere"), "rk")).toEqual([]);
  });

  it("declares a queue as Celery does", () => {
    const [key, set] = Object.entries(cases[0]!.keys).find(([, { type }]) => type === "set")!;
    expect(bindingKey("celery", "")).toBe(key);
    expect([ownBinding("celery", KOMBU_NAMING.separator)]).toEqual(set.members);
  });
});

function inputOf({ id, input, app, registered_task_options: registered }: Case): { message: Message; nowMs: number } {
  const { task_id: taskId, ...options } = plain({ ...registered, ...input.options, ...addressed[id] }) as Fields;
  if (addressed[id]) delete options["queue"];
  const { task, args, kwargs } = input;
  const own = taskId === undefined ? {} : { id: taskId as string };
  return { message: sampleMessage({ task, args, kwargs, options, ...own }), nowMs: Date.parse(app.now) };
}

/** Without the values that always differ, and with times to the millisecond, the resolution of our clock. */
function comparable({ body: _body, ...message }: CeleryMessageJson, volatile: readonly string[]): unknown {
  const copy = structuredClone(message);
  for (const path of volatile) {
    const [part, name] = path.split(".") as ["headers" | "properties", string];
    expect(copy[part], path).toHaveProperty(name);
    copy[part][name] = "<volatile>";
  }
  for (const name of Object.keys(copy.headers)) if (name.startsWith("beatx-")) delete copy.headers[name];
  for (const name of ["eta", "expires"]) {
    const text = copy.headers[name];
    if (typeof text === "string") copy.headers[name] = Date.parse(text);
  }
  const { expiration } = copy.properties;
  // 3232108 in Celery, whose clock was 0.234 ms ahead.
  if (expiration !== undefined) copy.properties["expiration"] = Math.round(Number(expiration) / 10) * 10;
  return copy;
}

function decodeBody({ body, headers }: CeleryMessageJson): unknown {
  const bytes = Buffer.from(body, "base64");
  return JSON.parse((headers["compression"] === undefined ? bytes : inflateSync(bytes)).toString());
}

function tableOf(item: Case, exchange: string): ReturnType<typeof parseBinding>[] {
  const rows = item.keys[bindingKey(exchange, "")]?.members ?? [];
  return rows.map((row) => parseBinding(row, KOMBU_NAMING.separator));
}

/** All keys that publishing leaves behind. */
function keysOf(item: Case, address: { exchange: string; routingKey: string }, priority: number): Set<string> {
  const prefix = item.app.global_keyprefix ?? "";
  const { exchange, routingKey } = address;
  const queues = exchange === "" ? [routingKey] : findQueues(tableOf(item, exchange), routingKey);
  const tables = exchange === "" ? queues : [exchange];
  return new Set([
    ...queues.map((queue) => queueKey(queue, priority, { ...KOMBU_NAMING, keyPrefix: prefix })),
    ...tables.map((table) => bindingKey(table, prefix)),
  ]);
}
