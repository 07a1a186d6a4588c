import { StoreError } from "@beatx/core";

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
  return JSON.stringify([fence, life, number, total, buckets, replaced]);
}

/** @throws StoreError for a text that beatx did not write. */
export function decodeManifest(text: string): Manifest {
  try {
    const [fence, life, number, total, buckets, replaced] = JSON.parse(text) as [
      number,
      string,
      number,
      number,
      string[],
      string[],
    ];
    if (Array.isArray(buckets) && Array.isArray(replaced)) return { fence, life, number, total, buckets, replaced };
  } catch {
    // The error below says what was found.
  }
  const shown = JSON.stringify(text.slice(0, 100));
  throw new StoreError(`the key of the manifest holds ${shown}, which beatx did not write: choose another namespace`);
}
