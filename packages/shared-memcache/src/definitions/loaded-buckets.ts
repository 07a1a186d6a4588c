import { definitionIndex } from "../items/keys.js";
import type { DefinitionBucket, DefinitionRow } from "./definition-bucket.js";
import type { Manifest } from "./manifest.js";
import { placeOf } from "./section.js";
import type { Section } from "./section.js";

const NO_ROWS: ReadonlyMap<string, DefinitionRow> = new Map();

/** A manifest, and some or all of its sections. */
export class LoadedSections {
  readonly manifest: Manifest;
  readonly #sections: ReadonlyMap<string, Section>;

  /** `sections`: by reference. */
  constructor(manifest: Manifest, sections: ReadonlyMap<string, Section>) {
    this.manifest = manifest;
    this.#sections = sections;
  }

  /** The reference of this bucket. "": it is empty, or was not added yet. `null`: its section is lost, or was not loaded. */
  referenceAt(index: number): string | null {
    const { section, bucket } = placeOf(index);
    const reference = this.manifest.sections[section] ?? "";
    if (reference === "") return "";
    return this.#sections.get(reference)?.buckets[bucket] ?? null;
  }

  /** The references of the buckets at these indexes that are not empty. */
  referencesAt(indexes: Iterable<number>): string[] {
    return Array.from(indexes, (index) => this.referenceAt(index) ?? "").filter((reference) => reference !== "");
  }

  /** The references of all buckets that are not empty, as far as the sections are loaded. */
  references(): string[] {
    const { sections } = this.manifest;
    const named = sections.flatMap((reference) => this.#sections.get(reference)?.buckets ?? []);
    return named.filter((reference) => reference !== "");
  }
}

/** A manifest, and some or all of its buckets. */
export class LoadedBuckets {
  readonly manifest: Manifest;
  readonly sections: LoadedSections;
  readonly #buckets: ReadonlyMap<string, DefinitionBucket>;

  /** `buckets`: by reference. */
  constructor(sections: LoadedSections, buckets: ReadonlyMap<string, DefinitionBucket>) {
    this.manifest = sections.manifest;
    this.sections = sections;
    this.#buckets = buckets;
  }

  /** The rows of one bucket. A bucket that was lost and could not be restored has none. */
  rowsAt(index: number): ReadonlyMap<string, DefinitionRow> {
    return this.#buckets.get(this.sections.referenceAt(index) ?? "")?.rows ?? NO_ROWS;
  }

  /** Whether none of these buckets is lost. */
  isWhole(indexes: readonly number[]): boolean {
    return indexes.every((index) => {
      const reference = this.sections.referenceAt(index);
      return reference === "" || (reference !== null && this.#buckets.has(reference));
    });
  }

  /** Whether the bucket where this name belongs is there. */
  isWholeFor(name: string): boolean {
    return this.isWhole([definitionIndex(name, this.manifest.size)]);
  }

  rowOf(name: string): DefinitionRow | null {
    return this.rowsAt(definitionIndex(name, this.manifest.size)).get(name) ?? null;
  }
}
