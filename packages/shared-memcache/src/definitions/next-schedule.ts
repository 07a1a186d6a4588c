import { randomBytes } from "node:crypto";
import type { DefinitionChange } from "@beatx/core";
import type { DefinitionBucket, DefinitionRow } from "./definition-bucket.js";
import { bucketOf } from "../items/keys.js";
import { revisionOf } from "./manifest.js";
import type { Manifest } from "./manifest.js";
import type { LoadedBuckets } from "./loaded-buckets.js";

export type ChangeOutcome =
  | { readonly status: "done"; readonly revision: string }
  /** What stands there instead; `null`: nothing. */
  | { readonly status: "conflict"; readonly name: string; readonly row: DefinitionRow | null; readonly life: string };

/** The next state of the definitions, made from loaded buckets of the present one. No I/O. */
export class NextSchedule {
  readonly before: Manifest;
  readonly #loaded: LoadedBuckets;
  readonly #size: number;
  readonly #number: number;
  /** Buckets that differ, by their place. */
  readonly #changed = new Map<number, Map<string, DefinitionRow>>();
  #total: number;
  #isChanged = false;

  /** `size`: how many buckets there are to be. When these are more than before, all must be loaded. */
  constructor(loaded: LoadedBuckets, size: number) {
    this.before = loaded.manifest;
    this.#loaded = loaded;
    this.#size = size;
    this.#number = this.before.number + 1;
    this.#total = this.before.total;
    if (size !== this.before.buckets.length) this.#spread();
  }

  /** Whether any change was done: a next schedule with nothing but conflicts is not to be written. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  apply({ name, definition, expectedRevision }: DefinitionChange): ChangeOutcome {
    const row = this.#rows(bucketOf(name, this.#size)).get(name) ?? null;
    if (expectedRevision !== (row && revisionOf(this.before, row.revision))) {
      return { status: "conflict", name, row, life: this.before.life };
    }
    // To remove what does not exist changes nothing.
    if (row === null && definition === null) {
      return { status: "done", revision: revisionOf(this.before, this.before.number) };
    }
    const rows = this.#editable(bucketOf(name, this.#size));
    if (definition === null) rows.delete(name);
    else rows.set(name, { definition, revision: this.#number, createdBy: row?.createdBy ?? this.#number });
    this.#total += (definition === null ? 0 : 1) - (row === null ? 0 : 1);
    this.#isChanged = true;
    return { status: "done", revision: revisionOf(this.before, this.#number) };
  }

  /** The buckets to write, by their place. */
  *changedBuckets(): Generator<[number, DefinitionBucket]> {
    for (const [index, rows] of this.#changed) yield [index, { id: randomBytes(9).toString("base64url"), rows }];
  }

  /** The manifest that names the buckets as they were written. */
  manifest(written: ReadonlyMap<number, string>): Manifest {
    const { fence, life, buckets: former } = this.before;
    const kept = this.#size === former.length ? former : [];
    const buckets = Array.from({ length: this.#size }, (_, index) => written.get(index) ?? kept[index] ?? "");
    const named = new Set(buckets);
    const replaced = former.filter((reference) => !named.has(reference));
    return { fence, life, number: this.#number, total: Math.max(0, this.#total), buckets, replaced };
  }

  #rows(index: number): ReadonlyMap<string, DefinitionRow> {
    return (
      this.#changed.get(index) ?? (this.#size === this.before.buckets.length ? this.#loaded.rowsAt(index) : new Map())
    );
  }

  #editable(index: number): Map<string, DefinitionRow> {
    const rows = this.#changed.get(index) ?? new Map(this.#rows(index));
    this.#changed.set(index, rows);
    return rows;
  }

  /** Puts all rows into their places among more buckets. */
  #spread(): void {
    for (const place of this.before.buckets.keys()) {
      for (const [name, row] of this.#loaded.rowsAt(place)) this.#editable(bucketOf(name, this.#size)).set(name, row);
    }
  }
}
