import { randomUUID } from "node:crypto";
import type { JsonObject } from "@beatx/core";
import type { Stamp } from "../message/stamp.js";

/** All that the messages of one revision of an entry have in common, serialised once. */
export interface Template {
  /** Whether its messages expire: one that does and one that does not have not the same fields. */
  readonly expires: boolean;
  /** Texts, and between each two the name of the field of the stamp that goes there. */
  readonly pieces: readonly string[];
}

// Random, so that nothing a user writes can be taken for a place to fill in.
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

/** `build` makes the message that carries a stamp; it is called once. */
export function makeTemplate(expires: boolean, build: (stamp: Stamp) => JsonObject): Template {
  const stamp = expires ? blank : { ...blank, expires: null, expiration: undefined };
  return { expires, pieces: JSON.stringify(build(stamp)).split(place) };
}

/** The same text as `JSON.stringify(build(stamp))` would make. */
export function fillTemplate({ pieces }: Template, stamp: Stamp): string {
  let text = pieces[0]!;
  for (let index = 1; index < pieces.length; index += 2) {
    text += JSON.stringify(stamp[pieces[index] as keyof Stamp]) + pieces[index + 1]!;
  }
  return text;
}
