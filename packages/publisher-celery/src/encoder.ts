import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Clock, JsonObject, Message } from "@beatx/core";
import { celeryMessage } from "./message.js";
import type { Address, Sender } from "./message.js";
import { readCeleryOptions } from "./options.js";
import type { CeleryOptions } from "./options.js";
import { createRecentCache } from "./recent-cache.js";
import { makeStamp } from "./stamp.js";
import type { Stamp } from "./stamp.js";
import { fillTemplate, makeTemplate } from "./template.js";
import type { Template } from "./template.js";

export interface EncodedMessage {
  readonly address: Address;
  /** 0 to 9. */
  readonly priority: number;
  /** The message's text; each call gives it another delivery tag, since a message may go to several queues. */
  toText(): string;
}

/** Some 1.5 kB each, with small messages. */
const ENTRIES_KEPT = 100_000;

/** @throws PublishError for a message that can never be sent: an option is unknown or wrong. */
export type Encoder = (message: Message) => EncodedMessage;

/** What is known of one revision of an entry. */
interface Known {
  readonly options: CeleryOptions;
  readonly address: Address;
  /** Made for the second message: an entry that is sent once never needs it. */
  template?: Template;
  used: boolean;
}

/** Turns messages into text, serialising what an entry's messages have in common only once per revision of the entry. */
export function createEncoder(settings: { readonly defaultQueue: string; readonly clock: Clock }): Encoder {
  const { defaultQueue, clock } = settings;
  const sender: Sender = { origin: `beatx${process.pid}@${hostname()}`, replyTo: randomUUID() };
  const cache = createRecentCache<object, Known>(ENTRIES_KEPT);

  function findKnown(message: Message): Known {
    const found = cache.get(message.templateKey);
    if (found) return found;
    const options = readCeleryOptions(message.options, message.entry);
    const known: Known = { options, address: findAddress(options, defaultQueue), used: false };
    cache.set(message.templateKey, known);
    return known;
  }

  function write(known: Known, message: Message, nowMs: number): string {
    const stamp = makeStamp(message, known.options, nowMs);
    const build = (filling: Stamp): JsonObject => celeryMessage(message, known.options, known.address, sender, filling);
    if (!known.used) {
      known.used = true;
      return JSON.stringify(build(stamp));
    }
    const expires = stamp.expires !== null;
    if (known.template?.expires !== expires) known.template = makeTemplate(expires, build);
    return fillTemplate(known.template, stamp);
  }

  return (message) => {
    const known = findKnown(message);
    const nowMs = clock.now();
    const { address, options } = known;
    return { address, priority: options.priority, toText: () => write(known, message, nowMs) };
  };
}

/** As Celery has it: an exchange counts only together with a routing key, and a queue alone is reached by its name. */
export function findAddress(options: CeleryOptions, defaultQueue: string): Address {
  const { exchange, routingKey, queue } = options;
  if (exchange !== null && routingKey !== null) return { exchange, routingKey };
  return { exchange: "", routingKey: queue ?? defaultQueue };
}
