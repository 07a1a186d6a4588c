import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { JsonObject, Message } from "@beatx/core";
import { RevisionData } from "@beatx/core/adapter";
import type { Address, Sender } from "./message.js";
import { readCeleryOptions } from "./options.js";
import type { CeleryOptions } from "./options.js";

/** The options and address of entries, and what a transport prepared for messages with these. */
export interface Route<Prepared> {
  readonly options: CeleryOptions;
  readonly address: Address;
  prepared?: Prepared;
}

/** Different options of which the routes are shared among entries. Most schedules have a few. */
const ROUTES_KEPT = 1_000;

/**
 * Finds the route of a message. The options of each revision of an entry are read once, and entries with equal options
 * share a route.
 * @throws PublishError for a message that can never be sent: an option is unknown or wrong.
 */
export function createRoutes<Prepared>(
  defaultQueue: string,
): (message: Pick<Message, "templateKey" | "options" | "entry">) => Route<Prepared> {
  const ofRevision = new RevisionData<Route<Prepared>>();
  const byOptions = new Map<string, Route<Prepared>>();

  function read(written: JsonObject, entry: string): Route<Prepared> {
    const text = JSON.stringify(written);
    const found = byOptions.get(text);
    if (found) return found;
    const options = readCeleryOptions(written, entry);
    const route = { options, address: findAddress(options, defaultQueue) };
    if (byOptions.size < ROUTES_KEPT) byOptions.set(text, route);
    return route;
  }

  return ({ templateKey, options, entry }) =>
    ofRevision.get(templateKey) ?? ofRevision.keep(templateKey, read(options, entry));
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
