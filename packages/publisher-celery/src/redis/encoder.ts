import type { Message } from "@beatx/core";
import { RevisionData } from "@beatx/core/adapter";
import type { Address } from "../message/message.js";
import { makeStamp } from "../message/stamp.js";
import { createRoutes, makeSender } from "../message/routes.js";
import type { Route } from "../message/routes.js";
import { overlapKeys } from "../message/overlap.js";
import { callFields, composeMessage } from "./message.js";
import type { CelerySettings } from "./settings.js";
import { callTexts, fillTemplate, makeTemplate, stampTexts } from "./template.js";
import type { FieldTexts, Shape, Template } from "./template.js";

export interface EncodedMessage {
  readonly address: Address;
  /** 0 to 9. */
  readonly priority: number;
  /** The key that holds up the next run; `undefined`: the runs of the entry may overlap. */
  readonly overlapKey: string | undefined;
  /** The message's text. Each call makes a new delivery tag, because a message may go to several queues. */
  toText(): string;
}

/** @throws PublishError for a message that can never be sent: an option is unknown or wrong. */
export type Encoder = (message: Message) => EncodedMessage;

/** The templates of messages with the same options, by their shape. */
type Templates = (Template | undefined)[];

/**
 * Turns messages into text. What the messages of all entries with the same options share is serialised once, and what those
 * of one revision of an entry share, once per revision.
 */
export function createEncoder(settings: Pick<CelerySettings, "defaultQueue" | "clock" | "naming">): Encoder {
  const { defaultQueue, clock, naming } = settings;
  const overlapKeyOf = overlapKeys(naming.keyPrefix, defaultQueue);
  const sender = makeSender();
  const findRoute = createRoutes<Templates>(defaultQueue);
  const callOf = new RevisionData<FieldTexts>();

  function findTemplate(route: Route<Templates>, shape: Shape): Template {
    const templates = (route.prepared ??= []);
    const make = (): Template => makeTemplate(shape, (call, stamp) => composeMessage(call, route, sender, stamp));
    return (templates[(shape.expires ? 1 : 0) + (shape.overlaps ? 2 : 0)] ??= make());
  }

  function write(route: Route<Templates>, message: Message, nowMs: number, overlapKey: string | undefined): string {
    const { options } = route;
    const { templateKey } = message;
    const call =
      callOf.get(templateKey) ?? callOf.keep(templateKey, callTexts(callFields(message, options, overlapKey)));
    const stamp = makeStamp(message, options, nowMs);
    const shape = { expires: stamp.expires !== null, overlaps: overlapKey !== undefined };
    return fillTemplate(findTemplate(route, shape), call, stampTexts(stamp));
  }

  return (message) => {
    const route = findRoute(message);
    const nowMs = clock.now();
    const overlapKey = overlapKeyOf(message);
    const toText = (): string => write(route, message, nowMs, overlapKey);
    return { address: route.address, priority: route.options.priority, overlapKey, toText };
  };
}
