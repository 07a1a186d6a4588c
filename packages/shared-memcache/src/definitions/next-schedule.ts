import { randomBytes } from "node:crypto";
import type { DefinitionChange } from "@beatx/core/adapter";
import { bucketOf } from "../items/keys.js";
import type { DefinitionBucket, DefinitionRow } from "./definition-bucket.js";
import type { LoadedBuckets } from "./loaded-buckets.js";
import { revisionOf } from "./manifest.js";
import type { Manifest } from "./manifest.js";

export type ChangeOutcome =
  | { readonly status: "done"; readonly revision: string }
  /** `row` is the stored one; `null`: none. */
  | { readonly status: "conflict"; readonly name: string; readonly row: DefinitionRow | null; readonly life: string };

/** The next state of the schedule, computed from the loaded buckets of the present one. No I/O. */
export class NextSchedule {
  readonly before: Manifest;
  readonly #loaded: LoadedBuckets;
  readonly #size: number;
  readonly #number: number;
  /** The changed buckets, by their index. */
  readonly #changed = new Map<number, Map<string, DefinitionRow>>();
  #total: number;
  #isChanged = false;

  /** `size`: the next number of buckets. If it is higher than the present one, all buckets must be loaded. */
  constructor(loaded: LoadedBuckets, size: number) {
    this.before = loaded.manifest;
    this.#loaded = loaded;
    this.#size = size;
    this.#number = this.before.number + 1;
    this.#total = this.before.total;
    if (size !== this.before.buckets.length) this.#spread();
  }

  /** Whether any change was made. A next schedule with nothing but conflicts is not written. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  apply({ name, definition, expectedRevision }: DefinitionChange): ChangeOutcome {
    const row = this.#rows(bucketOf(name, this.#size)).get(name) ?? null;
    if (expectedRevision !== (row && revisionOf(this.before, row.revision))) {
      return { status: "conflict", name, row, life: this.before.life };
    }
    // Removing a missing entry changes nothing.
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

  /** The buckets to write, by their index. */
  *changedBuckets(): Generator<[number, DefinitionBucket]> {
    for (const [index, rows] of this.#changed) yield [index, { id: randomBytes(9).toString("base64url"), rows }];
  }

  /** The next manifest. `written`: the references of the changed buckets, by their index. */
  manifest(written: ReadonlyMap<number, string>): Manifest {
    const { fence, life, buckets: former } = this.before;
    const kept = this.#size === former.length ? former : [];
    const buckets = Array.from({ length: this.#size }, (_, index) => written.get(index) ?? kept[index] ?? "");
    const named = new Set(buckets);
    const replaced = former.filter((reference) => reference !== "" && !named.has(reference));
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

  /** Distributes all rows over the higher number of buckets. */
  #spread(): void {
    for (const place of this.before.buckets.keys()) {
      for (const [name, row] of this.#loaded.rowsAt(place)) this.#editable(bucketOf(name, this.#size)).set(name, row);
    }
  }
}
