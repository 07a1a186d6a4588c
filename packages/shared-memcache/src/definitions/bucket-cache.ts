import type { MemcacheCommands } from "../connection/memcache-connection.js";
import type { MemcacheKeys } from "../items/keys.js";
import { describeDamage, describeItem } from "../items/unreadable.js";
import type { Damage, Notices } from "../items/unreadable.js";
import { decodeBucket, encodeBucket, readReference } from "./definition-bucket.js";
import type { DefinitionBucket } from "./definition-bucket.js";

/** Buckets have no lifetime. One that no manifest names (its writer died) stays until the server needs the room. */
const NO_LIFETIME = 0;

/**
 * Reads and writes buckets of definitions, and keeps those that this node has read or written. A bucket never changes under
 * its name, so any node that keeps one can restore it at any time after the server has lost it.
 */
export class BucketCache {
  readonly #keys: MemcacheKeys;
  readonly #notices: Notices;
  readonly #kept = new Map<string, DefinitionBucket>();
  /** The text found in place of a bucket. */
  readonly #damaged = new Map<string, Damage>();

  constructor(keys: MemcacheKeys, notices: Notices) {
    this.#keys = keys;
    this.#notices = notices;
  }

  /** The number of these buckets, which were not found, and what one of them holds instead. */
  describeLost(references: readonly string[]): string {
    const number = references.length === 1 ? "a bucket" : `${references.length} buckets`;
    const damage = references.flatMap((reference) => this.#damaged.get(reference) ?? [])[0];
    if (!damage) return `the server has dropped ${number} of definitions`;
    return `${number} of definitions could not be read (${describeItem(damage.key, damage.text)})`;
  }

  /** The bucket, if this node keeps it. */
  peek(reference: string): DefinitionBucket | undefined {
    return this.#kept.get(reference);
  }

  /** Keeps buckets that were read before. */
  keep(buckets: ReadonlyMap<string, DefinitionBucket>): void {
    for (const [reference, bucket] of buckets) this.#kept.set(reference, bucket);
  }

  /** Reads buckets from the server, even those kept here. Returns the ones that exist. */
  async fetch(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, DefinitionBucket>> {
    const found = new Map<string, DefinitionBucket>();
    const texts = await commands.getMany(references.flatMap((reference) => this.#keysOf(reference)));
    for (const reference of references) {
      const keys = this.#keysOf(reference);
      const parts = keys.map((key) => texts.get(key));
      const bucket = decodeBucket(reference, parts);
      this.#damaged.delete(reference);
      if (!bucket) {
        // If a part is missing, the server has dropped it, and the others may be intact.
        const [text] = parts;
        if (text !== undefined && !parts.includes(undefined)) this.#damaged.set(reference, { key: keys[0]!, text });
        continue;
      }
      found.set(reference, bucket);
      this.#kept.set(reference, bucket);
    }
    return found;
  }

  /** Writes a bucket and returns its name. */
  async put(commands: MemcacheCommands, bucket: DefinitionBucket): Promise<string> {
    const { reference, parts } = encodeBucket(bucket);
    const keys = this.#keysOf(reference);
    const written = await Promise.all(parts.map((part, index) => writePart(commands, keys[index]!, part)));
    const damaged = written.flatMap((damage) => damage ?? []);
    if (damaged.length > 0) {
      this.#notices.add(`${describeDamage("definitions", damaged)}; it is restored from this node's memory`);
    }
    this.#kept.set(reference, bucket);
    return reference;
  }

  /** Writes lost buckets again, if this node keeps them. Returns the restored ones. */
  async restore(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, DefinitionBucket>> {
    const restored = new Map<string, DefinitionBucket>();
    for (const reference of references) {
      const bucket = this.#kept.get(reference);
      if (bucket) restored.set(reference, bucket);
    }
    await Promise.all(Array.from(restored.values(), (bucket) => this.put(commands, bucket)));
    return restored;
  }

  /** Removes buckets that no manifest names now. */
  async remove(commands: MemcacheCommands, references: readonly string[]): Promise<void> {
    const keys = references.flatMap((reference) => this.#keysOf(reference));
    await Promise.all(keys.map((key) => commands.delete(key)));
  }

  /** Drops all other buckets from this node; the server keeps them. */
  keepOnly(references: ReadonlySet<string>): void {
    for (const reference of this.#kept.keys()) if (!references.has(reference)) this.#kept.delete(reference);
    for (const reference of this.#damaged.keys()) if (!references.has(reference)) this.#damaged.delete(reference);
  }

  #keysOf(reference: string): string[] {
    const { hash, parts } = readReference(reference);
    return Array.from({ length: parts }, (_, part) => this.#keys.definitions(hash, part));
  }
}

/** Writes the only text that this key may have. Returns what it replaced, if that was something else. */
async function writePart(commands: MemcacheCommands, key: string, text: string): Promise<Damage | null> {
  for (;;) {
    if (await commands.add(key, text, NO_LIFETIME)) return null;
    const item = await commands.gets(key);
    if (item?.text === text) return null;
    if (item && (await commands.cas(key, text, NO_LIFETIME, item.cas))) return { key, text: item.text };
  }
}
