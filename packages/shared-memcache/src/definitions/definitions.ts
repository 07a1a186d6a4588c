import { StoreError } from "@beatx/core";
import type { DefinitionChange } from "@beatx/core/adapter";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import { bucketOf } from "../items/keys.js";
import type { MemcacheKeys } from "../items/keys.js";
import type { Notices } from "../items/unreadable.js";
import { BucketCache } from "./bucket-cache.js";
import type { DefinitionBucket } from "./definition-bucket.js";
import { LoadedBuckets } from "./loaded-buckets.js";
import { LostBuckets } from "./lost-buckets.js";
import { ManifestItem } from "./manifest-item.js";
import type { OpenManifest } from "./manifest-item.js";
import { bucketsFor, revisionOf } from "./manifest.js";
import type { Manifest } from "./manifest.js";
import { NextSchedule } from "./next-schedule.js";
import type { ChangeOutcome } from "./next-schedule.js";

/** The number of earlier states from which this node can report changes. */
const REMEMBERED = 4;
/** With names of up to 100 characters, the cursors of this many entries fit into their items. */
const MOST_ENTRIES = 500_000;
/** All buckets are polled in this many polls, or in more where that would be too many at once. */
const POLLS_PER_CYCLE = 16;
const MOST_POLLED = 8;

/** The definitions: a manifest that each change replaces, and buckets that are never rewritten. */
export class Definitions {
  readonly cache: BucketCache;
  readonly #item: ManifestItem;
  /** Buckets that neither the server nor this node has. */
  readonly lost: LostBuckets;
  /** Complete states that this node has read or written, the newest last. The cache keeps their buckets. */
  #remembered: Manifest[] = [];
  #polls = 0;

  constructor(keys: MemcacheKeys, notices: Notices) {
    this.cache = new BucketCache(keys, notices);
    this.#item = new ManifestItem(keys.manifest, notices, () => this.#remembered.at(-1));
    this.lost = new LostBuckets(this.cache, notices);
  }

  /** Reads the manifest. If it is missing, a new life begins, so that no revision repeats. @throws UnreadableError */
  open(commands: MemcacheCommands): Promise<OpenManifest> {
    return this.#item.open(commands);
  }

  /**
   * The revision of the schedule. Each call also polls a few buckets, in turn: reading them keeps the server from evicting
   * them, and lost ones are restored.
   */
  async revision(commands: MemcacheCommands): Promise<string> {
    const buckets = this.#remembered.at(-1)?.buckets.filter((reference) => reference !== "") ?? [];
    const count = Math.min(MOST_POLLED, Math.ceil(buckets.length / POLLS_PER_CYCLE));
    const start = (this.#polls * count) % (buckets.length || 1);
    const polled = buckets.slice(start, start + count);
    this.#polls += 1;
    const [{ manifest }, found] = await Promise.all([this.open(commands), this.cache.fetch(commands, polled)]);
    const lost = polled.filter((reference) => !found.has(reference) && manifest.buckets.includes(reference));
    const restored = await this.cache.restore(commands, lost);
    this.lost.count(
      polled,
      lost.filter((reference) => !restored.has(reference)),
    );
    return revisionOf(manifest, manifest.number);
  }

  /**
   * For a leader: takes lost buckets that no node has restored out of the manifest, so that clients can write to their
   * places again. `check` throws to prevent the write.
   */
  async giveUpLost(commands: MemcacheCommands, check: (manifest: Manifest) => Promise<void>): Promise<void> {
    const missed = this.lost.longMissed();
    if (missed.length === 0) return;
    const { manifest, item } = await this.open(commands);
    await check(manifest);
    // Another node may have restored one since its last poll.
    const found = await this.cache.fetch(commands, missed);
    const givenUp = missed.filter((reference) => !found.has(reference) && manifest.buckets.includes(reference));
    if (givenUp.length > 0) {
      const buckets = manifest.buckets.map((reference) => (givenUp.includes(reference) ? "" : reference));
      const next = {
        ...manifest,
        number: manifest.number + 1,
        total: this.lost.entriesIn(buckets) ?? manifest.total,
        buckets,
        replaced: [...manifest.replaced, ...givenUp],
      };
      if (!(await this.#item.replace(commands, next, item))) return;
      this.lost.reportDropped(manifest, givenUp);
    }
    this.lost.count(missed, []);
  }

  /** Puts the fence on the manifest. Returns the resulting manifest: with this fence, or with a higher one. */
  raiseFence(commands: MemcacheCommands, fence: number): Promise<Manifest> {
    return this.#item.raiseFence(commands, fence);
  }

  /** Whether the manifest has this fence. For the leader of this fence: an unreadable one is written again from memory. */
  hasFence(commands: MemcacheCommands, fence: number): Promise<boolean> {
    return this.#item.hasFence(commands, fence);
  }

  /** The buckets of these names. `null`: the schedule has changed meanwhile, read it again. */
  async loadFor(
    commands: MemcacheCommands,
    manifest: Manifest,
    names: Iterable<string>,
  ): Promise<LoadedBuckets | null> {
    const indexes = new Set(Array.from(names, (name) => bucketOf(name, manifest.buckets.length)));
    return this.load(commands, manifest, indexes);
  }

  /** The buckets at these indexes. `null`: the schedule has changed meanwhile, read it again. */
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

  /** Whether this is still the manifest. If not, its buckets may be missing because a change removed them. */
  async isPresent(commands: MemcacheCommands, { life, number }: Manifest): Promise<boolean> {
    const present = (await this.open(commands)).manifest;
    return present.life === life && present.number === number;
  }

  /**
   * Makes the changes, each by comparing its revision. `check` throws to prevent the write. Only a leader may write
   * over a lost bucket, because another node may still have a copy and restore it.
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
      // The schedule was changed meanwhile, perhaps under other names: compare with the new state.
    }
  }

  /** The complete state of this revision, if this node remembers it. */
  remembered(revision: string): Manifest | undefined {
    return this.#remembered.find((manifest) => revisionOf(manifest, manifest.number) === revision);
  }

  /** Remembers a complete state, so that this node can report later changes. The cache must hold all its buckets. */
  remember(manifest: Manifest): void {
    const others = this.#remembered.filter(({ life, number }) => life !== manifest.life || number !== manifest.number);
    this.#remembered = [...others, manifest].slice(-REMEMBERED);
    this.#trimCache();
  }

  /** Forgets the buckets of other states than this one and those remembered. */
  forgetOthers(manifest: Manifest): void {
    this.#trimCache(manifest);
  }

  /** Recognizes cursors of entries that certainly no longer exist. */
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
    if (!isLeader && created > 0) checkNumber(manifest.total + created);
    const size = bucketsFor(manifest.total + created, manifest.buckets.length);
    const isGrowing = size > manifest.buckets.length;
    const places = isGrowing
      ? [...manifest.buckets.keys()]
      : changes.map(({ name }) => bucketOf(name, manifest.buckets.length));
    const loaded = await this.load(commands, manifest, new Set(places));
    if (loaded && !isLeader && !loaded.isWhole(places)) {
      throw new StoreError(
        "the server has dropped a part of the schedule: try again later. A node that still has it restores it; otherwise the leader gives it up",
      );
    }
    return loaded && new NextSchedule(loaded, size);
  }

  /** `true`: `next` is now the schedule. `false`: another node was faster, and the new buckets were removed again. */
  async #commit(commands: MemcacheCommands, next: NextSchedule, item: MemcacheItem): Promise<boolean> {
    const before = next.before;
    const [written] = await Promise.all([
      Promise.all(
        Array.from(next.changedBuckets(), async ([index, bucket]) => {
          return [index, bucket.rows.size > 0 ? await this.cache.put(commands, bucket) : ""] as const;
        }),
      ),
      // Replaced by the last change. A reader that still uses them starts again.
      this.cache.remove(commands, before.replaced),
    ]);
    const manifest = next.manifest(new Map(written));
    if (await this.#item.replace(commands, manifest, item)) {
      if (this.remembered(revisionOf(before, before.number))) this.remember(manifest);
      else this.#trimCache(manifest);
      return true;
    }
    const unused = written.map(([, reference]) => reference).filter((reference) => reference !== "");
    await this.cache.remove(commands, unused);
    return false;
  }

  /** Keeps only buckets of remembered states. */
  #trimCache(...others: readonly Manifest[]): void {
    this.cache.keepOnly(new Set([...this.#remembered, ...others].flatMap(({ buckets }) => buckets)));
  }
}

function checkNumber(entries: number): void {
  if (entries <= MOST_ENTRIES) return;
  throw new StoreError(
    `the schedule would have ${entries} entries, and on memcached it has room for the cursors of ${MOST_ENTRIES}: remove some, or use another store`,
  );
}
