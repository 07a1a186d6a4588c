import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Message } from "@beatx/core";
import type { Address, Sender } from "./message.js";
import { readCeleryOptions } from "./options.js";
import type { CeleryOptions } from "./options.js";
import { createRecentCache } from "../base/recent-cache.js";

/** The options and address of one revision of an entry, and what a transport prepared for its messages. */
export interface KnownEntry<Prepared> {
  readonly options: CeleryOptions;
  readonly address: Address;
  prepared?: Prepared;
}

/** About 1.5 kB each, with small messages. */
const ENTRIES_KEPT = 100_000;

/**
 * Finds the known entry of a message. The options are read with the first message of each revision.
 * @throws PublishError for a message that can never be sent: an option is unknown or wrong.
 */
export function createKnownEntries<Prepared>(
  defaultQueue: string,
): (message: Pick<Message, "templateKey" | "options" | "entry">) => KnownEntry<Prepared> {
  const cache = createRecentCache<object, KnownEntry<Prepared>>(ENTRIES_KEPT);
  return ({ templateKey, options: written, entry }) => {
    const found = cache.get(templateKey);
    if (found) return found;
    const options = readCeleryOptions(written, entry);
    const known: KnownEntry<Prepared> = { options, address: findAddress(options, defaultQueue) };
    cache.set(templateKey, known);
    return known;
  };
}

/** As in Celery: an exchange counts only together with a routing key; otherwise the queue is reached by its name. */
function findAddress(options: CeleryOptions, defaultQueue: string): Address {
  const { exchange, routingKey, queue } = options;
  if (exchange !== null && routingKey !== null) return { exchange, routingKey };
  return { exchange: "", routingKey: queue ?? defaultQueue };
}

/** This process, as monitors and result backends see it. */
export function makeSender(): Sender {
  return { origin: `beatx${process.pid}@${hostname()}`, replyTo: randomUUID() };
}
