import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { decodeBucket, encodeBucket, readReference } from "./definition-bucket.js";
import type { DefinitionBucket } from "./definition-bucket.js";
import type { MemcacheKeys } from "../items/keys.js";

/** Data has no lifetime: what nobody refers to any more (its writer died) goes when the server needs the room. */
const FOR_EVER = 0;

/**
 * Buckets of definitions: on the server, and those that this node has read or written. A bucket never changes under its
 * name, so one that the server has lost can be put back by any node that knows it, at any time.
 */
export class BucketCache {
  readonly #keys: MemcacheKeys;
  readonly #known = new Map<string, DefinitionBucket>();

  constructor(keys: MemcacheKeys) {
    this.#keys = keys;
  }

  /** The bucket, where this node knows it. */
  peek(reference: string): DefinitionBucket | undefined {
    return this.#known.get(reference);
  }

  /** Makes buckets known that were read before. */
  keep(buckets: ReadonlyMap<string, DefinitionBucket>): void {
    for (const [reference, bucket] of buckets) this.#known.set(reference, bucket);
  }

  /** Asks the server for buckets, known or not; answers those that are there. */
  async fetch(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, DefinitionBucket>> {
    const found = new Map<string, DefinitionBucket>();
    const texts = await commands.getMany(references.flatMap((reference) => this.#keysOf(reference)));
    for (const reference of references) {
      const parts = this.#keysOf(reference).map((key) => texts.get(key));
      const bucket = decodeBucket(reference, parts);
      if (!bucket) continue;
      found.set(reference, bucket);
      this.#known.set(reference, bucket);
    }
    return found;
  }

  /** Writes a bucket and answers its name. What is there already is the same text. */
  async put(commands: MemcacheCommands, bucket: DefinitionBucket): Promise<string> {
    const { reference, parts } = encodeBucket(bucket);
    const keys = this.#keysOf(reference);
    await Promise.all(parts.map((part, index) => commands.add(keys[index]!, part, FOR_EVER)));
    this.#known.set(reference, bucket);
    return reference;
  }

  /** Puts lost buckets back, as far as this node knows them; answers those. */
  async restore(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, DefinitionBucket>> {
    const restored = new Map<string, DefinitionBucket>();
    for (const reference of references) {
      const bucket = this.#known.get(reference);
      if (bucket) restored.set(reference, bucket);
    }
    await Promise.all(Array.from(restored.values(), (bucket) => this.put(commands, bucket)));
    return restored;
  }

  /** Removes buckets that no manifest names any more. */
  async remove(commands: MemcacheCommands, references: readonly string[]): Promise<void> {
    const keys = references.flatMap((reference) => this.#keysOf(reference));
    await Promise.all(keys.map((key) => commands.delete(key)));
  }

  /** Forgets what is not named, on this node only. */
  keepOnly(references: ReadonlySet<string>): void {
    for (const reference of this.#known.keys()) if (!references.has(reference)) this.#known.delete(reference);
  }

  #keysOf(reference: string): string[] {
    const { hash, parts } = readReference(reference);
    return Array.from({ length: parts }, (_, part) => this.#keys.definitions(hash, part));
  }
}
