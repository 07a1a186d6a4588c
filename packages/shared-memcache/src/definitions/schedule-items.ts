import type { MemcacheCommands } from "../connection/memcache-connection.js";
import type { MemcacheKeys } from "../items/keys.js";
import type { Notices } from "../items/unreadable.js";
import { decodeBucket, encodeBucket } from "./definition-bucket.js";
import type { DefinitionBucket } from "./definition-bucket.js";
import { ItemCache } from "./item-cache.js";
import { LoadedBuckets, LoadedSections } from "./loaded-buckets.js";
import type { Manifest } from "./manifest.js";
import type { KnownItem } from "./presence.js";
import { decodeSection, encodeSection, placeOf } from "./section.js";
import type { Section } from "./section.js";

/** The sections and buckets that manifests name, on the server and in this node's memory. */
export class ScheduleItems {
  readonly sections: ItemCache<Section>;
  readonly buckets: ItemCache<DefinitionBucket>;

  constructor(keys: MemcacheKeys, notices: Notices) {
    const key = (hash: string, part: number): string => keys.sections(hash, part);
    const sections = { what: "references to definitions", key, encode: encodeSection, decode: decodeSection };
    this.sections = new ItemCache(sections, notices);
    const bucketKey = (hash: string, part: number): string => keys.definitions(hash, part);
    const buckets = { what: "definitions", key: bucketKey, encode: encodeBucket, decode: decodeBucket };
    this.buckets = new ItemCache(buckets, notices);
  }

  /** The sections of these buckets. Those that are neither in memory nor on the server are left out. */
  async loadSections(
    commands: MemcacheCommands,
    manifest: Manifest,
    indexes: Iterable<number>,
  ): Promise<LoadedSections> {
    const places = new Set(Array.from(indexes, (index) => placeOf(index).section));
    const references = Array.from(places, (place) => manifest.sections[place] ?? "");
    return new LoadedSections(manifest, await this.sections.load(commands, references));
  }

  /** The buckets at these indexes, as `loadSections`. */
  async loadBuckets(
    commands: MemcacheCommands,
    manifest: Manifest,
    indexes: ReadonlySet<number>,
  ): Promise<LoadedBuckets> {
    const sections = await this.loadSections(commands, manifest, indexes);
    return new LoadedBuckets(sections, await this.buckets.load(commands, sections.referencesAt(indexes)));
  }

  /** The sections of this manifest that this node keeps. */
  keptSections(manifest: Manifest): LoadedSections {
    return new LoadedSections(manifest, this.sections.kept(manifest.sections));
  }

  /** Everything that this manifest names, as far as this node keeps the sections. */
  namedBy(manifest: Manifest): KnownItem[] {
    const sections = manifest.sections.filter((reference) => reference !== "");
    return [
      ...sections.map((reference) => ({ items: this.sections, reference })),
      ...this.keptSections(manifest)
        .references()
        .map((reference) => ({ items: this.buckets, reference })),
    ];
  }

  /** Drops everything that no one of these manifests names from this node's memory; the server keeps it. */
  keepOnly(manifests: readonly Manifest[]): void {
    this.sections.keepOnly(new Set(manifests.flatMap(({ sections }) => sections)));
    this.buckets.keepOnly(new Set(manifests.flatMap((manifest) => this.keptSections(manifest).references())));
  }
}
