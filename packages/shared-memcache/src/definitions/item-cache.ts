import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { describeDamage, describeItem } from "../items/unreadable.js";
import type { Damage, Notices } from "../items/unreadable.js";
import { readReference } from "./reference.js";
import type { EncodedItem } from "./reference.js";

/** The items of a state have no lifetime. One that no manifest names (its writer died) stays until the server needs the room. */
const NO_LIFETIME_S = 0;
/** How long readers of an earlier state still find what a change has replaced. */
const REPLACED_LIFETIME_S = 60;
/** An item that nobody can read is gone after this time. */
const DAMAGED_LIFETIME_S = 1;

/** What an `ItemCache` holds. */
export interface ItemKind<T> {
  /** Used in log messages, after "a bucket of". */
  readonly what: string;
  key(hash: string, part: number): string;
  encode(value: T): EncodedItem;
  /** `null`: a part is missing, or the text does not match the reference. */
  decode(reference: string, parts: readonly (string | undefined)[]): T | null;
}

interface Kept<T> {
  readonly value: T;
  /** In UTF-16 units. */
  readonly length: number;
}

/**
 * Reads and writes items that never change under their name, and keeps those that this node has read or written: any node
 * that keeps one can restore it at any time after the server has lost it.
 */
export class ItemCache<T> {
  readonly #kind: ItemKind<T>;
  readonly #notices: Notices;
  readonly #kept = new Map<string, Kept<T>>();
  /** The text found in place of an item. */
  readonly #damaged = new Map<string, Damage>();

  constructor(kind: ItemKind<T>, notices: Notices) {
    this.#kind = kind;
    this.#notices = notices;
  }

  /** The number of these items, which were not found, and what one of them holds instead. */
  describeLost(references: readonly string[]): string {
    const { what } = this.#kind;
    const number = references.length === 1 ? "a bucket" : `${references.length} buckets`;
    const damage = references.flatMap((reference) => this.#damaged.get(reference) ?? [])[0];
    if (!damage) return `the server has dropped ${number} of ${what}`;
    return `${number} of ${what} could not be read (${describeItem(damage.key, damage.text)})`;
  }

  /** The item, if this node keeps it. */
  peek(reference: string): T | undefined {
    return this.#kept.get(reference)?.value;
  }

  /** Its length in UTF-16 units; 0: it is not known. */
  lengthOf(reference: string): number {
    return this.#kept.get(reference)?.length ?? 0;
  }

  /** Keeps items that were read before. */
  keep(values: ReadonlyMap<string, T>): void {
    for (const [reference, value] of values) {
      // Their length is known again when they are read again.
      if (!this.#kept.has(reference)) this.#kept.set(reference, { value, length: 0 });
    }
  }

  /** Reads items from the server, even those kept here. Returns the ones that exist. */
  async fetch(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    if (references.length === 0) return found;
    const texts = await commands.getMany(references.flatMap((reference) => this.#keysOf(reference)));
    for (const reference of references) {
      const keys = this.#keysOf(reference);
      const parts = keys.map((key) => texts.get(key));
      const value = this.#kind.decode(reference, parts);
      this.#damaged.delete(reference);
      if (value === null) {
        // If a part is missing, the server has dropped it, and the others may be intact.
        const [text] = parts;
        if (text !== undefined && !parts.includes(undefined)) this.#damaged.set(reference, { key: keys[0]!, text });
        continue;
      }
      found.set(reference, value);
      this.#keep(reference, value, parts as readonly string[]);
    }
    return found;
  }

  /** Those of these items that this node keeps. */
  kept(references: readonly string[]): Map<string, T> {
    const kept = new Map<string, T>();
    for (const reference of references) {
      const value = this.peek(reference);
      if (value !== undefined) kept.set(reference, value);
    }
    return kept;
  }

  /** The items, from this node's memory or else from the server. Those that are in neither are left out. */
  async load(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, T>> {
    const found = this.kept(references);
    const unknown = references.filter((reference) => reference !== "" && !found.has(reference));
    for (const [reference, value] of await this.fetch(commands, unknown)) found.set(reference, value);
    return found;
  }

  /** Keeps the server from evicting these items next. Returns those that it no longer has; their content is not read. */
  async missing(commands: MemcacheCommands, references: readonly string[]): Promise<string[]> {
    const isThere = await Promise.all(
      references.map(async (reference) => {
        const touched = this.#keysOf(reference).map((key) => commands.touch(key, NO_LIFETIME_S));
        return !(await Promise.all(touched)).includes(false);
      }),
    );
    return references.filter((_, index) => !isThere[index]);
  }

  /** Writes an item and returns its name. */
  async put(commands: MemcacheCommands, value: T): Promise<string> {
    const { reference, parts } = this.#kind.encode(value);
    const keys = this.#keysOf(reference);
    const written = await Promise.all(parts.map((part, index) => writePart(commands, keys[index]!, part)));
    const damaged = written.flatMap((damage) => damage ?? []);
    if (damaged.length > 0) {
      this.#notices.add(`${describeDamage(this.#kind.what, damaged)}; it is restored from this node's memory`);
    }
    this.#keep(reference, value, parts);
    return reference;
  }

  /** Writes lost items again, if this node keeps them. Returns the restored ones. */
  async restore(commands: MemcacheCommands, references: readonly string[]): Promise<Map<string, T>> {
    const restored = this.kept(references);
    await Promise.all(Array.from(restored.values(), (value) => this.put(commands, value)));
    return restored;
  }

  /** Removes items that no manifest names. */
  async remove(commands: MemcacheCommands, references: readonly string[]): Promise<void> {
    const keys = references.flatMap((reference) => this.#keysOf(reference));
    await Promise.all(keys.map((key) => commands.delete(key)));
  }

  /** Lets the server forget items that the present manifest no longer names: after a while, for readers of the state before. */
  async expire(commands: MemcacheCommands, references: readonly string[]): Promise<void> {
    const keys = references.flatMap((reference) => this.#keysOf(reference));
    await Promise.all(keys.map((key) => commands.touch(key, REPLACED_LIFETIME_S)));
  }

  /** Drops those of these items that were damaged: nodes that know them look for missing ones much more often. */
  async dropDamaged(commands: MemcacheCommands, references: readonly string[]): Promise<void> {
    for (const reference of references) {
      const damage = this.#damaged.get(reference);
      const item = damage && (await commands.gets(damage.key));
      // Only this text: a node may have restored the item meanwhile.
      if (item && item.text === damage.text) await commands.cas(damage.key, "", DAMAGED_LIFETIME_S, item.cas);
    }
  }

  /** Drops all other items from this node; the server keeps them. */
  keepOnly(references: ReadonlySet<string>): void {
    for (const reference of this.#kept.keys()) if (!references.has(reference)) this.#kept.delete(reference);
    for (const reference of this.#damaged.keys()) if (!references.has(reference)) this.#damaged.delete(reference);
  }

  #keep(reference: string, value: T, parts: readonly string[]): void {
    this.#kept.set(reference, { value, length: parts.reduce((sum, part) => sum + part.length, 0) });
  }

  #keysOf(reference: string): string[] {
    const { hash, parts } = readReference(reference);
    return Array.from({ length: parts }, (_, part) => this.#kind.key(hash, part));
  }
}

/** Writes the only text that this key may have. Returns what it replaced, if that was something else. */
async function writePart(commands: MemcacheCommands, key: string, text: string): Promise<Damage | null> {
  for (;;) {
    if (await commands.add(key, text, NO_LIFETIME_S)) return null;
    const item = await commands.gets(key);
    if (item?.text === text) return null;
    if (item && (await commands.cas(key, text, NO_LIFETIME_S, item.cas))) return { key, text: item.text };
  }
}
