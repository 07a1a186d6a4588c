import { shortHash } from "../items/keys.js";

/** An item that never changes: its name is made from its text. */
export interface EncodedItem {
  /** Its name in the item that names it: a hash of the text, and the number of parts. */
  readonly reference: string;
  readonly parts: readonly string[];
}

/** UTF-16 units per part, of up to three bytes each. A server takes items of up to a megabyte. */
const PART_LENGTH = 262_144;

/** Splits a text into the parts that are stored, and names it. */
export function encodeText(text: string): EncodedItem {
  const parts = splitText(text);
  return { reference: `${shortHash(text)}.${parts.length}`, parts };
}

/** `null`: a part is missing, or the text does not match the reference. */
export function decodeText(reference: string, parts: readonly (string | undefined)[]): string | null {
  const text = parts.join("");
  return reference === `${shortHash(text)}.${parts.length}` ? text : null;
}

/** Whether this is a reference: 22 characters of a hash, and a number of parts that some bucket may have. */
export function isReference(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{22}\.[1-9]\d{0,3}$/.test(value);
}

/** Whether this is a list of references; "" stands for an empty item, which is not stored. */
export function isListOfReferences(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => one === "" || isReference(one));
}

/** Takes a reference apart. */
export function readReference(reference: string): { readonly hash: string; readonly parts: number } {
  const dot = reference.indexOf(".");
  return { hash: reference.slice(0, dot), parts: Number(reference.slice(dot + 1)) };
}

function splitText(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + PART_LENGTH);
    // Never split a surrogate pair: UTF-8 would turn its halves into two replacement characters.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
