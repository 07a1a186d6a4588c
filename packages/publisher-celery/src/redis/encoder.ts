import type { Clock, JsonObject, Message } from "@beatx/core";
import { createKnownEntries, makeSender } from "../message/known-entries.js";
import type { KnownEntry } from "../message/known-entries.js";
import type { Address } from "../message/message.js";
import { celeryMessage } from "./message.js";
import { makeStamp } from "../message/stamp.js";
import type { Stamp } from "../message/stamp.js";
import { fillTemplate, makeTemplate } from "./template.js";
import type { Template } from "./template.js";

export interface EncodedMessage {
  readonly address: Address;
  /** 0 to 9. */
  readonly priority: number;
  /** The message's text. Each call makes a new delivery tag, because a message may go to several queues. */
  toText(): string;
}

/** @throws PublishError for a message that can never be sent: an option is unknown or wrong. */
export type Encoder = (message: Message) => EncodedMessage;

/** `null` until the second message: an entry that is sent once never needs a template. */
type Known = KnownEntry<Template | null>;

/** Turns messages into text. The parts that an entry's messages share are serialised once per revision of the entry. */
export function createEncoder(settings: { readonly defaultQueue: string; readonly clock: Clock }): Encoder {
  const { defaultQueue, clock } = settings;
  const sender = makeSender();
  const findKnown = createKnownEntries<Template | null>(defaultQueue);

  function write(known: Known, message: Message, nowMs: number): string {
    const stamp = makeStamp(message, known.options, nowMs);
    const build = (filling: Stamp): JsonObject => celeryMessage(message, known.options, known.address, sender, filling);
    if (known.prepared === undefined) {
      known.prepared = null;
      return JSON.stringify(build(stamp));
    }
    const expires = stamp.expires !== null;
    if (known.prepared?.expires !== expires) known.prepared = makeTemplate(expires, build);
    return fillTemplate(known.prepared, stamp);
  }

  return (message) => {
    const known = findKnown(message);
    const nowMs = clock.now();
    const { address, options } = known;
    return { address, priority: options.priority, toText: () => write(known, message, nowMs) };
  };
}
