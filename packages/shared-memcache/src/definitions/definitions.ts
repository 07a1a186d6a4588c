import { randomBytes } from "node:crypto";
import { StoreError } from "@beatx/core";
import type { DefinitionChange } from "@beatx/core";
import { BucketCache } from "./bucket-cache.js";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import type { DefinitionBucket } from "./definition-bucket.js";
import { fenceOf } from "../items/fence-text.js";
import { bucketOf } from "../items/keys.js";
import type { MemcacheKeys } from "../items/keys.js";
import { bucketsFor, decodeManifest, encodeManifest, newManifest, revisionOf } from "./manifest.js";
import type { Manifest } from "./manifest.js";
import { NextSchedule } from "./next-schedule.js";
import type { ChangeOutcome } from "./next-schedule.js";
import { raiseFence } from "../items/raise-fence.js";
import { LoadedBuckets } from "./loaded-buckets.js";

/** Since so many revisions back this node can tell what has changed. */
const REMEMBERED = 4;
/** In so many looks a leader misses a bucket before it gives it up: by then each standby has had its turn to restore it. */
const LOOKS_BEFORE_LOSS = 10;

/** The definitions: a manifest that is replaced with each change, and buckets that are never written twice. */
export class Definitions {
  readonly cache: BucketCache;
  readonly #key: string;
  /** States that were read as a whole or written by this node, the newest last. Their buckets are known. */
  #remembered: Manifest[] = [];
  #polls = 0;
  /** How often in a row a bucket was looked for that neither the server nor this node knows. */
  readonly #missed = new Map<string, number>();

  constructor(keys: MemcacheKeys) {
    this.cache = new BucketCache(keys);
    this.#key = keys.manifest;
  }

  /** The manifest. Where there is none a new life begins, so that no revision ever comes back. */
  async open(commands: MemcacheCommands): Promise<{ readonly manifest: Manifest; readonly item: MemcacheItem }> {
    for (;;) {
      const item = await commands.gets(this.#key);
      if (item) return { item, manifest: decodeManifest(item.text) };
      await this.#begin(commands);
    }
  }

  /** The revision of the schedule. Each time one bucket is looked after as well: that keeps it warm, or brings it back. */
  async revision(commands: MemcacheCommands): Promise<string> {
    const buckets = this.#remembered.at(-1)?.buckets.filter((reference) => reference !== "") ?? [];
    const looked = buckets.slice(this.#polls % (buckets.length || 1)).slice(0, 1);
    this.#polls += 1;
    const [{ manifest }, found] = await Promise.all([this.open(commands), this.cache.fetch(commands, looked)]);
    const lost = looked.filter((reference) => !found.has(reference) && manifest.buckets.includes(reference));
    const restored = await this.cache.restore(commands, lost);
    for (const reference of looked) {
      if (lost.includes(reference) && !restored.has(reference)) this.#countMissed(reference);
      else this.#missed.delete(reference);
    }
    return revisionOf(manifest, manifest.number);
  }

  /**
   * For a leader: takes buckets out of the manifest that nobody has put back, so that others may write in their places
   * again. `check` may refuse to write by what it throws.
   */
  async giveUpLost(commands: MemcacheCommands, check: (manifest: Manifest) => Promise<void>): Promise<void> {
    const lost = [...this.#missed].filter(([, looks]) => looks >= LOOKS_BEFORE_LOSS).map(([reference]) => reference);
    if (lost.length === 0) return;
    const { manifest, item } = await this.open(commands);
    await check(manifest);
    // Somebody may have put one back since it was looked for.
    const found = await this.cache.fetch(commands, lost);
    const given = lost.filter((reference) => !found.has(reference) && manifest.buckets.includes(reference));
    const buckets = manifest.buckets.map((reference) => (given.includes(reference) ? "" : reference));
    const next = { ...manifest, number: manifest.number + 1, buckets, replaced: [...manifest.replaced, ...given] };
    if (given.length === 0 || (await commands.cas(this.#key, encodeManifest(next), 0, item.cas))) {
      for (const reference of lost) this.#missed.delete(reference);
    }
  }

  /** Answers the manifest as it is then: with this fence, or with a higher one. */
  async raiseFence(commands: MemcacheCommands, fence: number): Promise<Manifest> {
    return decodeManifest(await raiseFence(commands, this.#key, fence, encodeManifest(newManifest(newLife()))));
  }

  async hasFence(commands: MemcacheCommands, fence: number): Promise<boolean> {
    const text = (await commands.getMany([this.#key])).get(this.#key);
    return text !== undefined && fenceOf(text) >= fence;
  }

  /** The buckets of these names. `null`: the schedule has changed meanwhile, look again. */
  async loadFor(
    commands: MemcacheCommands,
    manifest: Manifest,
    names: Iterable<string>,
  ): Promise<LoadedBuckets | null> {
    const indexes = new Set(Array.from(names, (name) => bucketOf(name, manifest.buckets.length)));
    return this.load(commands, manifest, indexes);
  }

  /** The buckets at these places. `null`: the schedule has changed meanwhile, look again. */
  async load(commands: MemcacheCommands, manifest: Manifest, indexes: Iterable<number>): Promise<LoadedBuckets | null> {
    const references = Array.from(indexes, (index) => manifest.buckets[index]!).filter((reference) => reference !== "");
    const buckets = new Map<string, DefinitionBucket>();
    for (const reference of references) {
      const known = this.cache.peek(reference);
      if (known) buckets.set(reference, known);
    }
    const unknown = references.filter((reference) => !buckets.has(reference));
    if (unknown.length > 0) {
      const found = await this.cache.fetch(commands, unknown);
      if (found.size < unknown.length && !(await this.isPresent(commands, manifest))) return null;
      for (const [reference, bucket] of found) buckets.set(reference, bucket);
    }
    return new LoadedBuckets(manifest, buckets);
  }

  /** Whether nothing has changed since the manifest was read; otherwise its buckets may have been removed rightly. */
  async isPresent(commands: MemcacheCommands, { life, number }: Manifest): Promise<boolean> {
    const present = (await this.open(commands)).manifest;
    return present.life === life && present.number === number;
  }

  /**
   * Makes the changes, each by comparing its revision. `check` may refuse to write by what it throws. Whoever does not
   * lead must not write over a bucket that was lost: another node may know it, and put it back.
   */
  async change(
    commands: MemcacheCommands,
    changes: readonly DefinitionChange[],
    check: (manifest: Manifest) => Promise<void>,
    isLeader: boolean,
  ): Promise<readonly ChangeOutcome[]> {
    for (;;) {
      const { manifest, item } = await this.open(commands);
      await check(manifest);
      const next = await this.#nextSchedule(commands, manifest, changes, isLeader);
      if (!next) continue;
      const outcomes = changes.map((change) => next.apply(change));
      if (!next.isChanged || (await this.#commit(commands, next, item))) return outcomes;
      // Somebody else has changed something, perhaps of other names: compare again with what is there now.
    }
  }

  /** What was read as a whole under this revision, if this node remembers it. */
  remembered(revision: string): Manifest | undefined {
    return this.#remembered.find((manifest) => revisionOf(manifest, manifest.number) === revision);
  }

  /** From now on this node can tell what changes after this state, all of whose buckets it knows. */
  remember(manifest: Manifest): void {
    const others = this.#remembered.filter(({ life, number }) => life !== manifest.life || number !== manifest.number);
    this.#remembered = [...others, manifest].slice(-REMEMBERED);
    this.#trimCache();
  }

  /** Tells cursors of entries that are gone for certain. */
  leftOvers({ buckets }: Manifest): (name: string, createdBy: number) => boolean {
    return (name, createdBy) => {
      const reference = buckets[bucketOf(name, buckets.length)]!;
      const bucket = this.cache.peek(reference);
      return reference === "" || (bucket !== undefined && bucket.rows.get(name)?.createdBy !== createdBy);
    };
  }

  async #nextSchedule(
    commands: MemcacheCommands,
    manifest: Manifest,
    changes: readonly DefinitionChange[],
    isLeader: boolean,
  ): Promise<NextSchedule | null> {
    const created = changes.filter(({ expectedRevision }) => expectedRevision === null).length;
    const size = bucketsFor(manifest.total + created, manifest.buckets.length);
    const isGrowing = size > manifest.buckets.length;
    const places = isGrowing
      ? [...manifest.buckets.keys()]
      : changes.map(({ name }) => bucketOf(name, manifest.buckets.length));
    const loaded = await this.load(commands, manifest, new Set(places));
    if (loaded && !isLeader && !loaded.isWhole(places)) {
      throw new StoreError(
        "the server has dropped a part of the schedule: try again later, a node that knows it puts it back, and one that leads gives up what nobody knows",
      );
    }
    return loaded && new NextSchedule(loaded, size);
  }

  /** `true`: the next is the schedule now. `false`: somebody else was faster, and nothing of it is left. */
  async #commit(commands: MemcacheCommands, next: NextSchedule, { cas }: MemcacheItem): Promise<boolean> {
    const before = next.before;
    const [written] = await Promise.all([
      Promise.all(
        Array.from(next.changedBuckets(), async ([index, bucket]) => {
          return [index, bucket.rows.size > 0 ? await this.cache.put(commands, bucket) : ""] as const;
        }),
      ),
      // Replaced by the last change: whoever still reads the state before that starts again.
      this.cache.remove(commands, before.replaced),
    ]);
    const manifest = next.manifest(new Map(written));
    if (await commands.cas(this.#key, encodeManifest(manifest), 0, cas)) {
      if (this.remembered(revisionOf(before, before.number))) this.remember(manifest);
      else this.#trimCache(manifest);
      return true;
    }
    const unused = written.map(([, reference]) => reference).filter((reference) => reference !== "");
    await this.cache.remove(commands, unused);
    return false;
  }

  #countMissed(reference: string): void {
    this.#missed.set(reference, (this.#missed.get(reference) ?? 0) + 1);
  }

  /** Keeps what may be asked for again. */
  #trimCache(...others: readonly Manifest[]): void {
    this.cache.keepOnly(new Set([...this.#remembered, ...others].flatMap(({ buckets }) => buckets)));
  }

  async #begin(commands: MemcacheCommands): Promise<void> {
    await commands.add(this.#key, encodeManifest(newManifest(newLife())), 0);
  }
}

function newLife(): string {
  return randomBytes(12).toString("base64url");
}
