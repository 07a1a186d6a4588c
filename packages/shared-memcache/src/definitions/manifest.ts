import { StoreError } from "@beatx/core";

/**
 * The one item that says what the schedule is: all buckets of definitions are named here, and a change is made by
 * replacing it. The buckets themselves are never written again, so that whoever has read a manifest reads one state.
 */
export interface Manifest {
  /** The highest fence under which anybody led since the manifest was made; 0: nobody yet. */
  readonly fence: number;
  /** Drawn when the manifest is made: another one means another life of the data. */
  readonly life: string;
  /** Counts the changes of this life. */
  readonly number: number;
  /** Entries in all buckets. */
  readonly total: number;
  /** Where the definitions are, by `bucketOf` of their names; "": the bucket is empty. */
  readonly buckets: readonly string[];
  /** Buckets that the last change has replaced. The next one removes them: slow readers find them until then. */
  readonly replaced: readonly string[];
}

/** Small buckets, because a change of one entry writes a whole one. */
const ENTRIES_PER_BUCKET = 32;
/** Every node reads the manifest every second or so: it must not grow for ever. */
const MOST_BUCKETS = 8192;

export function newManifest(life: string): Manifest {
  return { fence: 0, life, number: 0, total: 0, buckets: [""], replaced: [] };
}

/** How many buckets so many entries should have: a power of two, and never fewer than there are. */
export function bucketsFor(total: number, present: number): number {
  let buckets = present;
  while (buckets < MOST_BUCKETS && total > buckets * ENTRIES_PER_BUCKET) buckets *= 2;
  return buckets;
}

/** The revision of the schedule, or of an entry that was last written by change `number`. */
export function revisionOf({ life }: Pick<Manifest, "life">, number: number): string {
  return `${life}.${number}`;
}

export function encodeManifest({ fence, life, number, total, buckets, replaced }: Manifest): string {
  return JSON.stringify([fence, life, number, total, buckets, replaced]);
}

/** @throws StoreError for a text that is not one of beatx. */
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
    // Falls through to the one error below, which says what was found.
  }
  const shown = JSON.stringify(text.slice(0, 100));
  throw new StoreError(`the key of the manifest holds ${shown}, which beatx did not write: choose another namespace`);
}
