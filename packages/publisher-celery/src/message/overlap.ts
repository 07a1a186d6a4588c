import type { JsonValue, Message } from "@beatx/core";

/** The header with the key that a worker deletes when the run has ended: that of `beatx_celery.py`. */
export const OVERLAP_HEADER = "beatx-overlap";

/** The key that holds up the next run of an entry, if its runs must not overlap (R52). Its value is the message's id. */
export type OverlapKeys = (message: Pick<Message, "overlap" | "namespace" | "entry">) => string | undefined;

/** What all keys begin with. */
export function overlapKeysBegin(keyPrefix: string, defaultQueue: string): string {
  return `${keyPrefix}${defaultQueue}.beatx-overlap.`;
}

/**
 * The keys lie beside the default queue, so whoever may use `<queue>*` may use them. The same for all queues of an entry: if it
 * moves to another one, its run in the old one still counts.
 */
export function overlapKeys(keyPrefix: string, defaultQueue: string): OverlapKeys {
  const begin = overlapKeysBegin(keyPrefix, defaultQueue);
  // A namespace without "/" keeps the keys of two namespaces apart.
  return ({ overlap, namespace, entry }) => overlap && `${begin}${encodeURIComponent(namespace)}/${entry}`;
}

/** `key`: `undefined` for an entry whose runs may overlap. */
export function overlapHeader(key: JsonValue | undefined): { readonly [OVERLAP_HEADER]?: JsonValue } {
  return key === undefined ? {} : { [OVERLAP_HEADER]: key };
}
