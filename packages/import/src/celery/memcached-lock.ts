/** The lock of celery-beatx on memcached: an item that `add` makes. */

import { randomUUID } from "node:crypto";

import { type ForeignLock, LOCK_LIFETIME_MS } from "./hold-lock.js";
import type { MemcachedItems } from "./memcached-items.js";

/** A value of our own tells whether a beat has written over it: celery-beatx renews without looking. */
export function memcachedLock(items: MemcachedItems, key: string): ForeignLock {
  const token = `beatx-import-${randomUUID()}`;
  const isOurs = async (): Promise<boolean> => (await items.get(key))?.value.toString("latin1") === token;
  return {
    key,
    take: () => items.add(key, token, LOCK_LIFETIME_MS),
    leftMs: async () => null,
    renew: async () => (await isOurs()) && items.touch(key, LOCK_LIFETIME_MS),
    async release() {
      if (await isOurs()) await items.delete(key);
    },
  };
}
