import { createHash } from "node:crypto";

/** In so many items the cursors are kept. A fixed number, so that a new leader can seal them all (R35). */
export const CURSOR_BUCKETS = 128;

/** The keys of a namespace: hashes and numbers only, since clients and protocols trip over what names may hold. */
export interface MemcacheKeys {
  /** The lease. */
  readonly lock: string;
  /** The manifest of the definitions: names their buckets. */
  readonly manifest: string;
  /** One part of a bucket of definitions. Never written twice with different texts. */
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

/** 128 bits of SHA-256, in 22 characters that every client takes in a key. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** A number from 0 to `buckets` - 1, the same for one name on every node (FNV-1a, mixed once more for its low bits). */
export function bucketOf(name: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % buckets;
}
