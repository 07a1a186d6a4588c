import { randomUUID } from "node:crypto";
import type { JsonObject } from "@beatx/core";
import type { Stamp } from "../message/stamp.js";

/** The text that all messages of one revision of an entry share, serialised once. */
export interface Template {
  /** Whether its messages expire: those that do have other fields. */
  readonly expires: boolean;
  /** Alternating: text, name of a stamp field, text, … */
  readonly pieces: readonly string[];
}

// Random, so that no user's text looks like a placeholder.
const nonce = randomUUID().slice(-12);
const place = new RegExp(`"${nonce}/(\\w+)"`);

const blank: Required<Stamp> = {
  id: `${nonce}/id`,
  eta: `${nonce}/eta`,
  expires: `${nonce}/expires`,
  expiration: `${nonce}/expiration`,
  scheduledAt: `${nonce}/scheduledAt`,
  fence: `${nonce}/fence`,
  deliveryTag: `${nonce}/deliveryTag`,
};

/** `build` makes the message with a given stamp; it is called once. */
export function makeTemplate(expires: boolean, build: (stamp: Stamp) => JsonObject): Template {
  const stamp = expires ? blank : { ...blank, expires: null, expiration: undefined };
  return { expires, pieces: JSON.stringify(build(stamp)).split(place) };
}

/** The same text as `JSON.stringify(build(stamp))`. */
export function fillTemplate({ pieces }: Template, stamp: Stamp): string {
  let text = pieces[0]!;
  for (let index = 1; index < pieces.length; index += 2) {
    text += JSON.stringify(stamp[pieces[index] as keyof Stamp]) + pieces[index + 1]!;
  }
  return text;
}
