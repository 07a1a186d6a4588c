import { isCount } from "../items/checks.js";
import { decodeItem, encodeItem } from "../items/fenced-item.js";
import { isListOfReferences } from "./reference.js";
import { BUCKETS_PER_SECTION } from "./section.js";

/**
 * The one item that defines the schedule. It names all sections, and each section names some buckets of definitions; a
 * change takes effect when the manifest is replaced. Sections and buckets are never rewritten, so those of one manifest
 * always show one state.
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
  /** The number of buckets; `definitionIndex` tells the bucket of a name. */
  readonly size: number;
  /** The references of the sections, in the order of their buckets. "": all its buckets are empty. */
  readonly sections: readonly string[];
}

/** Buckets are small, because a change of one entry writes its whole bucket. */
const ENTRIES_PER_BUCKET = 16;
/** Every node reads the manifest about once a second, so its size needs a limit. */
const MOST_BUCKETS = 16_384;

export function newManifest(life: string): Manifest {
  return { fence: 0, life, number: 0, total: 0, size: 1, sections: [""] };
}

/** The number of buckets for `total` entries, never fewer than `present`: a change adds few buckets. */
export function bucketsFor(total: number, present: number): number {
  return Math.max(present, Math.min(MOST_BUCKETS, Math.ceil(total / ENTRIES_PER_BUCKET)));
}

/** The number of sections that name so many buckets. */
export function sectionsFor(buckets: number): number {
  return Math.ceil(buckets / BUCKETS_PER_SECTION);
}

/** The revision of the schedule after change `number`, or of an entry that this change wrote last. */
export function revisionOf({ life }: Pick<Manifest, "life">, number: number): string {
  return `${life}.${number}`;
}

/** Whether both show the same state of the schedule. */
export function isSameState(one: Manifest, other: Manifest): boolean {
  return one.life === other.life && one.number === other.number;
}

export function encodeManifest({ fence, life, number, total, size, sections }: Manifest): string {
  return encodeItem({ fence, fields: [life, number, total, size, sections] });
}

/** `null`: beatx did not write this text, or it was damaged since. */
export function decodeManifest(text: string): Manifest | null {
  const item = decodeItem(text, 5);
  if (!item) return null;
  const { fence, fields } = item;
  const [life, number, total, size, sections] = fields;
  if (typeof life !== "string" || !isCount(number) || !isCount(total)) return null;
  if (!isNumberOfBuckets(size) || !isListOfReferences(sections)) return null;
  return sections.length === sectionsFor(size) ? { fence, life, number, total, size, sections } : null;
}

function isNumberOfBuckets(size: unknown): size is number {
  return isCount(size) && size > 0 && size <= MOST_BUCKETS;
}
