import type { MemcacheCommands } from "../connection/memcache-connection.js";
import type { DefinitionBucket } from "./definition-bucket.js";
import type { ItemCache } from "./item-cache.js";
import type { LostBuckets } from "./lost-buckets.js";
import type { Section } from "./section.js";

/** All items are touched, and read, in this many polls, or in more where that would be too many at once. */
const POLLS_PER_CYCLE = 16;
const LEAST_TOUCHED = 8;
const MOST_TOUCHED = 32;
const LEAST_READ = 2;
/** What a poll reads on average, in UTF-16 units: so an idle node costs the same however many entries there are. */
const READ_PER_POLL = 2_000;

/** Items of one kind: sections or buckets. */
export type Items = ItemCache<Section> | ItemCache<DefinitionBucket>;

/** A stored item that this node knows of. */
export interface KnownItem {
  readonly items: Items;
  readonly reference: string;
}

/**
 * Looks in turn whether the server still has the sections and buckets of the schedule, and restores the missing ones. A
 * touch moves few bytes, finds what was evicted, and keeps the server from evicting the item next. Only a reading finds
 * damage. It goes round more slowly, so that a poll moves few bytes.
 */
export class Presence {
  readonly #lost: LostBuckets;
  #touched = 0;
  #read = 0;
  /** What may be read, in UTF-16 units. Negative after a large item. */
  #allowance = 0;

  constructor(lost: LostBuckets) {
    this.#lost = lost;
  }

  /** One poll. `known`: everything that the present manifest names. */
  async poll(commands: MemcacheCommands, known: readonly KnownItem[]): Promise<void> {
    if (known.length === 0) return;
    const perCycle = Math.ceil(known.length / POLLS_PER_CYCLE);
    const touched = inTurn(known, this.#touched, Math.min(MOST_TOUCHED, Math.max(LEAST_TOUCHED, perCycle)));
    this.#touched = (this.#touched + touched.length) % known.length;
    const read = this.#nextToRead(known, Math.max(LEAST_READ, perCycle));
    await Promise.all([
      ...byItems(touched, (items, references) => this.#touch(commands, items, references)),
      ...byItems(read, (items, references) => this.#reread(commands, items, references)),
    ]);
  }

  /** As many as the allowance covers. */
  #nextToRead(known: readonly KnownItem[], most: number): KnownItem[] {
    this.#allowance = Math.min(this.#allowance + READ_PER_POLL, READ_PER_POLL);
    const next: KnownItem[] = [];
    for (const item of inTurn(known, this.#read, most)) {
      if (this.#allowance <= 0) break;
      next.push(item);
      this.#allowance -= item.items.lengthOf(item.reference);
    }
    this.#read = (this.#read + next.length) % known.length;
    return next;
  }

  async #touch(commands: MemcacheCommands, items: Items, references: readonly string[]): Promise<void> {
    const missing = await items.missing(commands, references);
    const restored = await items.restore(commands, missing);
    this.#lost.count(
      references,
      missing.filter((reference) => !restored.has(reference)),
    );
  }

  /** Damage that this node cannot repair becomes a loss, which the touches of other nodes find. */
  async #reread(commands: MemcacheCommands, items: Items, references: readonly string[]): Promise<void> {
    const found = await items.fetch(commands, references);
    const unreadable = references.filter((reference) => !found.has(reference));
    const restored = await items.restore(commands, unreadable);
    await items.dropDamaged(
      commands,
      unreadable.filter((reference) => !restored.has(reference)),
    );
  }
}

/** `count` items from `start` on, round and round, each at most once. */
function inTurn<T>(all: readonly T[], start: number, count: number): T[] {
  return Array.from({ length: Math.min(count, all.length) }, (_, index) => all[(start + index) % all.length]!);
}

function byItems(
  known: readonly KnownItem[],
  work: (items: Items, references: readonly string[]) => Promise<void>,
): Promise<void>[] {
  const kinds = new Map<Items, string[]>();
  for (const { items, reference } of known) {
    const references = kinds.get(items);
    if (references) references.push(reference);
    else kinds.set(items, [reference]);
  }
  return Array.from(kinds, ([items, references]) => work(items, references));
}
