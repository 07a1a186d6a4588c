import { randomUUID } from "node:crypto";
import type { JsonObject } from "@beatx/core";
import type { Stamp } from "../message/stamp.js";
import type { CallFields } from "./message.js";

/** The text that all messages with the same options share, serialised once. */
export interface Template {
  /** One more than places. */
  readonly pieces: readonly string[];
  /** What stands between two pieces: indexes of `CALL_FIELDS`, and then of `STAMP_FIELDS`. */
  readonly places: readonly number[];
}

/** Values as JSON, in the order of `CALL_FIELDS` or `STAMP_FIELDS`. */
export type FieldTexts = readonly string[];

const CALL_FIELDS = [
  "task",
  "entry",
  "argsrepr",
  "kwargsrepr",
  "body",
  "overlap",
] as const satisfies (keyof CallFields)[];
const STAMP_FIELDS = [
  "id",
  "eta",
  "expires",
  "expiration",
  "scheduledAt",
  "fence",
  "deliveryTag",
] as const satisfies (keyof Stamp)[];

// Random, so that no user's text looks like a placeholder.
const nonce = randomUUID().slice(-12);
const place = new RegExp(`"${nonce}/(\\d+)"`);

/** What messages have that not all have. */
export interface Shape {
  readonly expires: boolean;
  readonly overlaps: boolean;
}

/** `build` makes a message from its fields; it is called once. */
export function makeTemplate(
  { expires, overlaps }: Shape,
  build: (call: CallFields, stamp: Stamp) => JsonObject,
): Template {
  const fields = placeholders(CALL_FIELDS, 0);
  const call = overlaps ? fields : { ...fields, overlap: undefined };
  const expiring = placeholders(STAMP_FIELDS, CALL_FIELDS.length);
  const stamp = expires ? expiring : { ...expiring, expires: null, expiration: undefined };
  const parts = JSON.stringify(build(call, stamp)).split(place);
  return {
    pieces: parts.filter((_, index) => index % 2 === 0),
    places: parts.filter((_, index) => index % 2 === 1).map(Number),
  };
}

function placeholders<Name extends string>(names: readonly Name[], first: number): Record<Name, string> {
  return Object.fromEntries(names.map((name, index) => [name, `${nonce}/${first + index}`])) as Record<Name, string>;
}

export function callTexts(call: CallFields): FieldTexts {
  return CALL_FIELDS.map((name) => JSON.stringify(call[name] ?? null));
}

export function stampTexts(stamp: Stamp): FieldTexts {
  return [
    JSON.stringify(stamp.id),
    quoted(stamp.eta),
    quoted(stamp.expires),
    quoted(stamp.expiration),
    quoted(stamp.scheduledAt),
    JSON.stringify(stamp.fence),
    quoted(stamp.deliveryTag),
  ];
}

/** Without `JSON.stringify`, because it runs for every message: these texts have nothing to escape. */
function quoted(text: string | null | undefined): string {
  return text == null ? "null" : `"${text}"`;
}

/** The same text as `JSON.stringify(build(call, stamp))`. */
export function fillTemplate({ pieces, places }: Template, call: FieldTexts, stamp: FieldTexts): string {
  // Joined at once: a text that grows piece by piece is a chain of pieces, which is walked through when it is sent.
  const parts = [pieces[0]!];
  for (let index = 0; index < places.length; index += 1) {
    const at = places[index]!;
    parts.push(at < call.length ? call[at]! : stamp[at - call.length]!, pieces[index + 1]!);
  }
  return parts.join("");
}
