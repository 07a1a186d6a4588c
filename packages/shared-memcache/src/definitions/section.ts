import { readList } from "../items/checks.js";
import { decodeText, encodeText, isListOfReferences } from "./reference.js";
import type { EncodedItem } from "./reference.js";

/** The number of buckets that a section names. */
export const BUCKETS_PER_SECTION = 64;

/** The names of neighbouring buckets of definitions: a change writes the sections of its buckets, and not all names. */
export interface Section {
  /** Random, so that no two sections share a key, even with the same buckets. */
  readonly id: string;
  /** The references of the buckets; "": an empty bucket, or one that was not added yet. */
  readonly buckets: readonly string[];
}

/** The place of the section that names this bucket, and the place of the bucket in it. */
export function placeOf(index: number): { readonly section: number; readonly bucket: number } {
  return { section: Math.floor(index / BUCKETS_PER_SECTION), bucket: index % BUCKETS_PER_SECTION };
}

export function encodeSection({ id, buckets }: Section): EncodedItem {
  return encodeText(JSON.stringify([id, buckets]));
}

/** `null`: it is missing, or the text does not match the reference. */
export function decodeSection(reference: string, parts: readonly (string | undefined)[]): Section | null {
  const text = decodeText(reference, parts);
  const [id, buckets] = (text === null ? null : readList(text)) ?? [];
  return typeof id === "string" && isListOfReferences(buckets) ? { id, buckets } : null;
}
