import { createHash, randomBytes } from "node:crypto";
import { RESERVED_PREFIX } from "@beatx/core/adapter";

/** The cursors are spread over this many items. The number is fixed, so that a new leader can put its fence on all (R35). */
export const CURSOR_BUCKETS = 128;
/** beatx's own records, such as requested runs, are in the first so many buckets of definitions: a page of them reads few. */
const RESERVED_BUCKETS = 8;

/** The keys of a namespace. Only hashes and numbers: names may hold characters that break clients and protocols. */
export interface MemcacheKeys {
  /** The lock. */
  readonly lock: string;
  /** The manifest, which names the sections. */
  readonly manifest: string;
  /** One part of a section, which names buckets of definitions. A key never gets a second text. */
  sections(hash: string, part: number): string;
  /** One part of a bucket of definitions. A key never gets a second text. */
  definitions(hash: string, part: number): string;
  /** One bucket of cursors, 0 to `CURSOR_BUCKETS` - 1. */
  cursors(index: number): string;
  /** The record in a slot of the entry that change number `createdBy` created. */
  record(name: string, createdBy: number, slot: number): string;
}

export function memcacheKeys(namespace: string): MemcacheKeys {
  const prefix = `beatx:${shortHash(namespace)}`;
  return {
    lock: `${prefix}:lock`,
    manifest: `${prefix}:manifest`,
    sections: (hash, part) => `${prefix}:s:${hash}:${part}`,
    definitions: (hash, part) => `${prefix}:d:${hash}:${part}`,
    cursors: (index) => `${prefix}:c:${index}`,
    record: (name, createdBy, slot) => `${prefix}:h:${shortHash(name)}:${createdBy}:${slot}`,
  };
}

/** SHA-256 cut to 22 characters (132 bits), all of which every client allows in a key. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** A random id of 12 characters, 72 bits: no two items get the same. */
export function newId(): string {
  return randomBytes(9).toString("base64url");
}

/** A number from 0 to `buckets` - 1, the same for a name on every node. */
export function bucketOf(name: string, buckets: number): number {
  return hashOf(name) % buckets;
}

/**
 * The index of the bucket that holds the definition of this name, among `buckets`: linear hashing. With each bucket that is
 * added, the names of one other bucket, its parent, are divided between the two, and no others move.
 */
export function definitionIndex(name: string, buckets: number): number {
  const used = name.startsWith(RESERVED_PREFIX) ? Math.min(buckets, RESERVED_BUCKETS) : buckets;
  const hash = hashOf(name);
  const half = highestPowerOfTwo(used);
  const index = hash % (2 * half);
  return index < used ? index : hash % half;
}

/** The bucket whose names are divided when the bucket at `index`, above 0, is added. */
export function parentOf(index: number): number {
  return index - highestPowerOfTwo(index);
}

/** The indexes of the buckets that may hold definitions with this prefix. */
export function indexesOfPrefix(prefix: string, buckets: number): readonly number[] {
  const count = prefix.startsWith(RESERVED_PREFIX) ? Math.min(buckets, RESERVED_BUCKETS) : buckets;
  return Array.from({ length: count }, (_, index) => index);
}

/** 32 bits, the same for a name on every node (FNV-1a, then mixed for better low bits). */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The highest power of two that is not above `number`, which is at least 1. */
function highestPowerOfTwo(number: number): number {
  return 2 ** (31 - Math.clz32(number));
}
