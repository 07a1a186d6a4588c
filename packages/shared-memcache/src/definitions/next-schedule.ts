import type { DefinitionChange } from "@beatx/core/adapter";
import { definitionIndex, newId, parentOf } from "../items/keys.js";
import type { DefinitionBucket, DefinitionRow } from "./definition-bucket.js";
import type { LoadedBuckets } from "./loaded-buckets.js";
import { revisionOf, sectionsFor } from "./manifest.js";
import type { Manifest } from "./manifest.js";
import { BUCKETS_PER_SECTION, placeOf } from "./section.js";
import type { Section } from "./section.js";

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

  /** `size`: the next number of buckets. The buckets of `indexesToLoad` must be loaded. */
  constructor(loaded: LoadedBuckets, size: number) {
    this.before = loaded.manifest;
    this.#loaded = loaded;
    this.#size = size;
    this.#number = this.before.number + 1;
    this.#total = this.before.total;
    this.#divide();
  }

  /** Whether any change was made. A next schedule with nothing but conflicts is not written. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  apply({ name, definition, expectedRevision }: DefinitionChange): ChangeOutcome {
    const row = this.#rows(definitionIndex(name, this.#size)).get(name) ?? null;
    if (expectedRevision !== (row && revisionOf(this.before, row.revision))) {
      return { status: "conflict", name, row, life: this.before.life };
    }
    // Removing a missing entry changes nothing.
    if (row === null && definition === null) {
      return { status: "done", revision: revisionOf(this.before, this.before.number) };
    }
    const rows = this.#editable(definitionIndex(name, this.#size));
    if (definition === null) rows.delete(name);
    else rows.set(name, { definition, revision: this.#number, createdBy: row?.createdBy ?? this.#number });
    this.#total += (definition === null ? 0 : 1) - (row === null ? 0 : 1);
    this.#isChanged = true;
    return { status: "done", revision: revisionOf(this.before, this.#number) };
  }

  /** The buckets to write, by their index. */
  *changedBuckets(): Generator<[number, DefinitionBucket]> {
    for (const [index, rows] of this.#changed) yield [index, { id: newId(), rows }];
  }

  /** The sections to write, by their place. `written`: the references of the changed buckets, by their index. */
  *changedSections(written: ReadonlyMap<number, string>): Generator<[number, Section]> {
    const places = new Set(Array.from(written.keys(), (index) => placeOf(index).section));
    for (const place of places) {
      const buckets = Array.from({ length: BUCKETS_PER_SECTION }, (_, bucket) => {
        const index = place * BUCKETS_PER_SECTION + bucket;
        return written.get(index) ?? this.#loaded.sections.referenceAt(index) ?? "";
      });
      yield [place, { id: newId(), buckets }];
    }
  }

  /** The next manifest. `written`: the references of the changed sections, by their place. */
  manifest(written: ReadonlyMap<number, string>): Manifest {
    const { fence, life, sections: former } = this.before;
    const sections = Array.from({ length: sectionsFor(this.#size) }, (_, place) => {
      return written.get(place) ?? former[place] ?? "";
    });
    return { fence, life, number: this.#number, total: Math.max(0, this.#total), size: this.#size, sections };
  }

  /** The references of the buckets that this change replaces. */
  replacedBuckets(): string[] {
    return this.#loaded.sections.referencesAt(this.#changed.keys());
  }

  /** The references of the sections that `next` no longer names. */
  replacedSections(next: Manifest): string[] {
    const named = new Set(next.sections);
    return this.before.sections.filter((reference) => reference !== "" && !named.has(reference));
  }

  #rows(index: number): ReadonlyMap<string, DefinitionRow> {
    return this.#changed.get(index) ?? this.#loaded.rowsAt(index);
  }

  #editable(index: number): Map<string, DefinitionRow> {
    const rows = this.#changed.get(index) ?? new Map(this.#rows(index));
    this.#changed.set(index, rows);
    return rows;
  }

  /** Divides the rows of the parents of all added buckets. */
  #divide(): void {
    for (const index of dividedBuckets(this.before.size, this.#size)) {
      this.#changed.set(index, new Map());
      for (const [name, row] of this.#loaded.rowsAt(index)) {
        this.#editable(definitionIndex(name, this.#size)).set(name, row);
      }
    }
  }
}

/** The indexes of the buckets that a change of these names needs, if it makes `size` buckets of those of `before`. */
export function indexesToLoad(before: Manifest, size: number, names: Iterable<string>): ReadonlySet<number> {
  const ofNames = Array.from(names, (name) => definitionIndex(name, before.size));
  const added = Array.from({ length: size - before.size }, (_, nth) => before.size + nth);
  return new Set([...ofNames, ...added, ...dividedBuckets(before.size, size)]);
}

/** The buckets whose names are divided when buckets are added. The parent of an added bucket may be an added one itself. */
function dividedBuckets(before: number, size: number): Set<number> {
  const divided = new Set<number>();
  for (let added = before; added < size; added += 1) {
    let parent = parentOf(added);
    while (parent >= before) parent = parentOf(parent);
    divided.add(parent);
  }
  return divided;
}
