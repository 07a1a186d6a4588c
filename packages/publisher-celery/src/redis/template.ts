import { randomUUID } from "node:crypto";
import type { JsonObject } from "@beatx/core";
import type { Stamp } from "../message/stamp.js";

/** The text that all messages of one revision of an entry share, serialised once. */
export interface Template {
  /** Whether its messages expire: those that do have other fields. */
  readonly expires: boolean;
  /** Texts, and between each two the name of the stamp's field that goes there. */
  readonly pieces: readonly string[];
}

// Random: no text of a user's is taken for a place to fill in.
const mark = randomUUID().slice(-12);
const place = new RegExp(`"${mark}/(\\w+)"`);

const blank: Required<Stamp> = {
  id: `${mark}/id`,
  eta: `${mark}/eta`,
  expires: `${mark}/expires`,
  expiration: `${mark}/expiration`,
  scheduledAt: `${mark}/scheduledAt`,
  fence: `${mark}/fence`,
  deliveryTag: `${mark}/deliveryTag`,
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
