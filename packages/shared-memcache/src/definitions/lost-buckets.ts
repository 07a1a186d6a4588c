import type { Notices } from "../items/unreadable.js";
import type { BucketCache } from "./bucket-cache.js";
import type { Manifest } from "./manifest.js";

/** A leader gives a bucket up after missing it in this many polls. By then every standby has had a chance to restore it. */
const MISSES_BEFORE_GIVING_UP = 10;

/** Buckets of definitions that neither the server nor this node has: dropped, or damaged. */
export class LostBuckets {
  readonly #cache: BucketCache;
  readonly #notices: Notices;
  /** The number of polls in a row that missed each. */
  readonly #misses = new Map<string, number>();

  constructor(cache: BucketCache, notices: Notices) {
    this.#cache = cache;
    this.#notices = notices;
  }

  /** Counts one poll of some buckets. It missed some of them. */
  count(polled: readonly string[], missed: readonly string[]): void {
    for (const reference of polled) {
      if (missed.includes(reference)) this.#misses.set(reference, (this.#misses.get(reference) ?? 0) + 1);
      else this.#misses.delete(reference);
    }
  }

  /** Buckets that enough polls have missed to give them up. */
  longMissed(): string[] {
    return [...this.#misses].flatMap(([reference, misses]) => (misses >= MISSES_BEFORE_GIVING_UP ? [reference] : []));
  }

  /** A complete reading has left out the entries of these buckets. */
  reportSkipped(manifest: Manifest, lost: readonly string[]): void {
    const rest = "left out until a node that knows them restores them, or the leader gives them up";
    this.#notices.add(`${this.#cache.describeLost(lost)}: ${this.#entries(manifest, lost)} ${rest}`);
  }

  reportDropped(manifest: Manifest, lost: readonly string[]): void {
    const rest = "given up: add them again";
    this.#notices.add(
      `${this.#cache.describeLost(lost)}, and no node had a copy: ${this.#entries(manifest, lost)} ${rest}`,
    );
  }

  /** The number of entries in these buckets; `null`: this node does not keep all of them. */
  entriesIn(references: readonly string[]): number | null {
    let entries = 0;
    for (const reference of references) {
      const bucket = this.#cache.peek(reference);
      if (!bucket && reference !== "") return null;
      entries += bucket?.rows.size ?? 0;
    }
    return entries;
  }

  #entries({ buckets, total }: Manifest, lost: readonly string[]): string {
    const kept = this.entriesIn(buckets.filter((reference) => !lost.includes(reference)));
    return kept === null ? "their entries are" : `their ${Math.max(0, total - kept)} entries are`;
  }
}
