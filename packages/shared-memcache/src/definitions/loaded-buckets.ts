import { bucketOf } from "../items/keys.js";
import type { DefinitionBucket, DefinitionRow } from "./definition-bucket.js";
import type { Manifest } from "./manifest.js";

const NO_ROWS: ReadonlyMap<string, DefinitionRow> = new Map();

/** A manifest, and some or all of its buckets. */
export class LoadedBuckets {
  readonly manifest: Manifest;
  readonly #buckets: ReadonlyMap<string, DefinitionBucket>;

  constructor(manifest: Manifest, buckets: ReadonlyMap<string, DefinitionBucket>) {
    this.manifest = manifest;
    this.#buckets = buckets;
  }

  /** The rows of one bucket. A bucket that was lost and could not be restored has none. */
  rowsAt(index: number): ReadonlyMap<string, DefinitionRow> {
    return this.#buckets.get(this.manifest.buckets[index]!)?.rows ?? NO_ROWS;
  }

  /** Whether none of these buckets is lost. */
  isWhole(indexes: readonly number[]): boolean {
    return indexes.every((index) => {
      const reference = this.manifest.buckets[index]!;
      return reference === "" || this.#buckets.has(reference);
    });
  }

  /** Whether the bucket where this name belongs is there. */
  isWholeFor(name: string): boolean {
    return this.isWhole([bucketOf(name, this.manifest.buckets.length)]);
  }

  rowOf(name: string): DefinitionRow | null {
    return this.rowsAt(bucketOf(name, this.manifest.buckets.length)).get(name) ?? null;
  }
}
