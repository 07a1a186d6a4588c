import type { Clock, Message } from "@beatx/core";
import { RevisionData } from "@beatx/core/adapter";
import type { Address } from "../message/message.js";
import { makeStamp } from "../message/stamp.js";
import { createRoutes, makeSender } from "../message/routes.js";
import type { Route } from "../message/routes.js";
import { callFields, composeMessage } from "./message.js";
import { callTexts, fillTemplate, makeTemplate, stampTexts } from "./template.js";
import type { FieldTexts, Template } from "./template.js";

export interface EncodedMessage {
  readonly address: Address;
  /** 0 to 9. */
  readonly priority: number;
  /** The message's text. Each call makes a new delivery tag, because a message may go to several queues. */
  toText(): string;
}

/** @throws PublishError for a message that can never be sent: an option is unknown or wrong. */
export type Encoder = (message: Message) => EncodedMessage;

/** The templates of messages with the same options: those that expire, and those that do not. */
interface Templates {
  expiring?: Template;
  lasting?: Template;
}

/**
 * Turns messages into text. What the messages of all entries with the same options share is serialised once, and what those
 * of one revision of an entry share, once per revision.
 */
export function createEncoder(settings: { readonly defaultQueue: string; readonly clock: Clock }): Encoder {
  const { defaultQueue, clock } = settings;
  const sender = makeSender();
  const findRoute = createRoutes<Templates>(defaultQueue);
  const callOf = new RevisionData<FieldTexts>();

  function findTemplate(route: Route<Templates>, expires: boolean): Template {
    const templates = (route.prepared ??= {});
    const make = (): Template => makeTemplate(expires, (call, stamp) => composeMessage(call, route, sender, stamp));
    return expires ? (templates.expiring ??= make()) : (templates.lasting ??= make());
  }

  function write(route: Route<Templates>, message: Message, nowMs: number): string {
    const { options } = route;
    const { templateKey } = message;
    const call = callOf.get(templateKey) ?? callOf.keep(templateKey, callTexts(callFields(message, options)));
    const stamp = makeStamp(message, options, nowMs);
    return fillTemplate(findTemplate(route, stamp.expires !== null), call, stampTexts(stamp));
  }

  return (message) => {
    const route = findRoute(message);
    const nowMs = clock.now();
    return { address: route.address, priority: route.options.priority, toText: () => write(route, message, nowMs) };
  };
}
