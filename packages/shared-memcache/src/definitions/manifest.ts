import { isCount } from "../items/checks.js";
import { decodeItem, encodeItem } from "../items/fenced-item.js";
import { isReference } from "./definition-bucket.js";

/**
 * The one item that defines the schedule. It names all buckets of definitions; a change takes effect when it is replaced.
 * Buckets are never rewritten, so the buckets of one manifest always show one state.
 */
export interface Manifest {
  /** The highest fence of any leader since the manifest was created; 0: none yet. */
  readonly fence: number;
  /** Random per creation; a different value means that the store's data was lost in between. */
  readonly life: string;
  /** The number of the last change in this life. */
  readonly number: number;
  /** The number of entries in all buckets. */
  readonly total: number;
  /** The references of the buckets; `bucketOf` a name is its index here. "": an empty bucket. */
  readonly buckets: readonly string[];
  /** Buckets that the last change replaced. The next change removes them; slow readers find them until then. */
  readonly replaced: readonly string[];
}

/** Buckets are small, because a change of one entry writes its whole bucket. */
const ENTRIES_PER_BUCKET = 32;
/** Every node reads the manifest about once a second, so its size needs a limit. */
const MOST_BUCKETS = 8192;

export function newManifest(life: string): Manifest {
  return { fence: 0, life, number: 0, total: 0, buckets: [""], replaced: [] };
}

/** The number of buckets for `total` entries: a power of two, and never fewer than `present`. */
export function bucketsFor(total: number, present: number): number {
  let buckets = present;
  while (buckets < MOST_BUCKETS && total > buckets * ENTRIES_PER_BUCKET) buckets *= 2;
  return buckets;
}

/** The revision of the schedule after change `number`, or of an entry that this change wrote last. */
export function revisionOf({ life }: Pick<Manifest, "life">, number: number): string {
  return `${life}.${number}`;
}

export function encodeManifest({ fence, life, number, total, buckets, replaced }: Manifest): string {
  return encodeItem({ fence, fields: [life, number, total, buckets, replaced] });
}

/** `null`: beatx did not write this text, or it was damaged since. */
export function decodeManifest(text: string): Manifest | null {
  const item = decodeItem(text, 5);
  if (!item) return null;
  const { fence, fields } = item;
  const [life, number, total, buckets, replaced] = fields;
  if (typeof life !== "string" || !isCount(number) || !isCount(total)) return null;
  if (!isListOfReferences(buckets) || !isListOfReferences(replaced)) return null;
  return isNumberOfBuckets(buckets.length) ? { fence, life, number, total, buckets, replaced } : null;
}

function isListOfReferences(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => one === "" || isReference(one));
}

/** A power of two. */
function isNumberOfBuckets(length: number): boolean {
  return length > 0 && length <= MOST_BUCKETS && (length & (length - 1)) === 0;
}
