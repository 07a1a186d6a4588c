/** Every kind of item on a memcached server, damaged in every way. */

import { deleteMemcachedItems, getMemcachedItem, memcachedKeys, setMemcachedItem } from "@beatx/test-servers";

import { damagedText, pick } from "../../core/test/damage/damaged-text.js";
import type { Random, Way } from "../../store-conformance/test/damage/damage-store.js";
import { bucketOf, CURSOR_BUCKETS, memcacheKeys } from "../../shared-memcache/src/items/keys.js";

const FOREIGN: readonly string[] = [
  "",
  "garbage",
  "null",
  "42",
  "hello 5",
  "[]",
  "{}",
  '"x"',
  "[1,2,3]",
  "x".repeat(900_000),
];
/** Of other clients: JSON, binary, number, compressed, … */
const FLAGS: readonly number[] = [1, 2, 4, 8, 16, 32, 65_535];

/** The entry whose records are damaged. */
const NAME = "damaged";

interface Item {
  readonly kind: string;
  key(random: Random): string | Promise<string>;
  readonly loses?: boolean;
}

export function memcachedWays(port: number, namespace: string): readonly Way[] {
  const keys = memcacheKeys(namespace);
  const prefix = keys.lock.slice(0, -"lock".length);
  const items: readonly Item[] = [
    { kind: "lock", key: () => keys.lock },
    { kind: "manifest", key: () => keys.manifest, loses: true },
    {
      kind: "definitions",
      key: async (random) => pick(random, await memcachedKeys(port, new RegExp(`^${prefix}d:`))),
    },
    { kind: "cursors of the entry", key: () => keys.cursors(bucketOf(NAME, CURSOR_BUCKETS)) },
    { kind: "cursors", key: (random) => keys.cursors(Math.floor(random() * CURSOR_BUCKETS)) },
  ];
  return items.flatMap((item) => waysOf(port, item));
}

function waysOf(port: number, { kind, key, loses = false }: Item): Way[] {
  const way = (how: string, write: (key: string, random: Random) => Promise<string>): Way => ({
    kind: `${kind} ${how}`,
    loses,
    damage: async (random) => {
      const damaged = await key(random);
      return `${damaged} ${await write(damaged, random)}`;
    },
  });
  /** As `way`, with the text of the item. One that the nodes have replaced since its key was read is left alone. */
  const change = (how: string, write: (item: string, text: string, random: Random) => Promise<string>): Way => ({
    kind: `${kind} ${how}`,
    loses,
    damage: async (random) => {
      for (;;) {
        const item = await key(random);
        const stored = await getMemcachedItem(port, item);
        if (stored) return `${item} ${await write(item, stored.bytes.toString(), random)}`;
      }
    },
  });
  const set = async (item: string, text: string | Buffer, flags = 0): Promise<string> => {
    await setMemcachedItem(port, item, text, flags);
    return `${flags}: ${text.toString().slice(0, 200)}`;
  };
  return [
    way("foreign", (item, random) => set(item, pick(random, FOREIGN))),
    way("binary", (item, random) =>
      set(item, Buffer.from(Array.from({ length: 50 }, () => Math.floor(random() * 256)))),
    ),
    change("truncated", (item, text, random) => set(item, text.slice(0, Math.floor(random() * text.length)))),
    change("damaged", (item, text, random) => set(item, damagedText(random, text).text.slice(0, 900_000))),
    change("flagged", (item, text, random) => set(item, text, pick(random, FLAGS))),
    way("deleted", async (item) => {
      await deleteMemcachedItems(port, [item]);
      return "deleted";
    }),
  ];
}
