import { createHash } from "node:crypto";

/** The cursors are spread over this many items. The number is fixed, so that a new leader can put its fence on all (R35). */
export const CURSOR_BUCKETS = 128;

/** The keys of a namespace. Only hashes and numbers: names may hold characters that break clients and protocols. */
export interface MemcacheKeys {
  /** The lock. */
  readonly lock: string;
  /** The manifest, which names the buckets of definitions. */
  readonly manifest: string;
  /** One part of a bucket of definitions. A key never gets a second text. */
  definitions(id: string, part: number): string;
  /** One bucket of cursors, 0 to `CURSOR_BUCKETS` - 1. */
  cursors(index: number): string;
}

export function memcacheKeys(namespace: string): MemcacheKeys {
  const prefix = `beatx:${shortHash(namespace)}`;
  return {
    lock: `${prefix}:lock`,
    manifest: `${prefix}:manifest`,
    definitions: (id, part) => `${prefix}:d:${id}:${part}`,
    cursors: (index) => `${prefix}:c:${index}`,
  };
}

/** SHA-256 cut to 22 characters (132 bits), all of which every client allows in a key. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** A number from 0 to `buckets` - 1, the same for a name on every node (FNV-1a, then mixed for better low bits). */
export function bucketOf(name: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % buckets;
}
