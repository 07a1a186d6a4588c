import { StoreError } from "@beatx/core";
import type { DefinitionChange } from "@beatx/core/adapter";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import { definitionIndex } from "../items/keys.js";
import type { MemcacheKeys } from "../items/keys.js";
import type { Notices } from "../items/unreadable.js";
import { withoutLost } from "./give-up.js";
import type { LoadedBuckets } from "./loaded-buckets.js";
import { LostBuckets } from "./lost-buckets.js";
import type { ItemReferences } from "./lost-buckets.js";
import { ManifestItem } from "./manifest-item.js";
import type { OpenManifest } from "./manifest-item.js";
import { bucketsFor, isSameState, revisionOf } from "./manifest.js";
import type { Manifest } from "./manifest.js";
import { indexesToLoad, NextSchedule } from "./next-schedule.js";
import type { ChangeOutcome } from "./next-schedule.js";
import { Presence } from "./presence.js";
import type { KnownItem } from "./presence.js";
import { ScheduleItems } from "./schedule-items.js";

/** The number of earlier states from which this node can report changes. */
const REMEMBERED = 4;
/** With names of up to 100 characters, the cursors of this many entries fit into their items. */
const MOST_ENTRIES = 500_000;

/** The definitions: a manifest that each change replaces, and sections and buckets that are never rewritten. */
export class Definitions {
  readonly items: ScheduleItems;
  /** What neither the server nor this node has. */
  readonly lost: LostBuckets;
  readonly #item: ManifestItem;
  readonly #presence: Presence;
  /** Complete states that this node has read or written, the newest last. `items` keeps what they name. */
  #remembered: Manifest[] = [];
  /** What the newest of them names; `null`: not listed yet. */
  #known: readonly KnownItem[] | null = null;
  /** What this node's last change has replaced. Its next one removes it; without one it ends after a while. */
  #replaced: ItemReferences = { sections: [], buckets: [] };

  constructor(keys: MemcacheKeys, notices: Notices) {
    this.items = new ScheduleItems(keys, notices);
    this.#item = new ManifestItem(keys.manifest, notices, () => this.#remembered.at(-1));
    this.lost = new LostBuckets(this.items, notices);
    this.#presence = new Presence(this.lost);
  }

  /** Reads the manifest. If it is missing, a new life begins, so that no revision repeats. @throws UnreadableError */
  open(commands: MemcacheCommands): Promise<OpenManifest> {
    return this.#item.open(commands);
  }

  /** The revision of the schedule. Each call also polls some items. */
  async revision(commands: MemcacheCommands): Promise<string> {
    const { manifest } = await this.open(commands);
    await this.poll(commands, manifest);
    return revisionOf(manifest, manifest.number);
  }

  /** Looks whether the server still has some of the items of this manifest, if it is the newest one that this node knows. */
  async poll(commands: MemcacheCommands, manifest: Manifest): Promise<void> {
    const newest = this.#remembered.at(-1);
    if (!newest || !isSameState(newest, manifest)) return;
    this.#known ??= this.items.namedBy(newest);
    await this.#presence.poll(commands, this.#known);
  }

  /**
   * For a leader: takes lost items that no node has restored out of the schedule, so that clients can write to their places
   * again. `check` throws to prevent the write.
   */
  async giveUpLost(commands: MemcacheCommands, check: (manifest: Manifest) => Promise<void>): Promise<void> {
    const missed = this.lost.longMissed();
    if (missed.length === 0) return;
    const { manifest, item } = await this.open(commands);
    await check(manifest);
    const reduced = await withoutLost(commands, this.items, this.lost, manifest, missed);
    if (reduced) {
      if (!(await this.#item.replace(commands, reduced.manifest, item))) return;
      this.lost.reportDropped(this.items.keptSections(manifest), reduced.givenUp);
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
  loadFor(commands: MemcacheCommands, manifest: Manifest, names: Iterable<string>): Promise<LoadedBuckets | null> {
    const indexes = Array.from(names, (name) => definitionIndex(name, manifest.size));
    return this.load(commands, manifest, indexes);
  }

  /** The buckets at these indexes. `null`: the schedule has changed meanwhile, read it again. */
  async load(commands: MemcacheCommands, manifest: Manifest, indexes: Iterable<number>): Promise<LoadedBuckets | null> {
    const wanted = new Set(indexes);
    const loaded = await this.items.loadBuckets(commands, manifest, wanted);
    if (loaded.isWhole([...wanted]) || (await this.isPresent(commands, manifest))) return loaded;
    return null;
  }

  /** Whether this is still the manifest. If not, what it names may be missing because a change replaced it. */
  async isPresent(commands: MemcacheCommands, manifest: Manifest): Promise<boolean> {
    return isSameState((await this.open(commands)).manifest, manifest);
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

  /** Remembers a complete state, so that this node can report later changes. `items` must keep all that it names. */
  remember(manifest: Manifest): void {
    const others = this.#remembered.filter((other) => !isSameState(other, manifest));
    this.#remembered = [...others, manifest].slice(-REMEMBERED);
    this.#known = null;
    this.items.keepOnly(this.#remembered);
  }

  /** Forgets what belongs to other states than this one and those remembered. */
  forgetOthers(manifest: Manifest): void {
    this.items.keepOnly([...this.#remembered, manifest]);
  }

  /** Recognizes cursors of entries that certainly no longer exist. */
  leftOvers(manifest: Manifest): (name: string, createdBy: number) => boolean {
    const sections = this.items.keptSections(manifest);
    return (name, createdBy) => {
      const reference = sections.referenceAt(definitionIndex(name, manifest.size));
      if (reference === null) return false;
      const bucket = this.items.buckets.peek(reference);
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
    const size = bucketsFor(manifest.total + created, manifest.size);
    const places = [
      ...indexesToLoad(
        manifest,
        size,
        Array.from(changes, ({ name }) => name),
      ),
    ];
    const loaded = await this.load(commands, manifest, places);
    if (loaded && !isLeader && !loaded.isWhole(places)) throw droppedPart();
    return loaded && new NextSchedule(loaded, size);
  }

  /** `true`: `next` is now the schedule. `false`: another node was faster, and the new items were removed again. */
  async #commit(commands: MemcacheCommands, next: NextSchedule, item: MemcacheItem): Promise<boolean> {
    const { before } = next;
    const { sections, buckets } = this.items;
    await this.#removeReplaced(commands);
    const newBuckets = await written(next.changedBuckets(), async (bucket) => {
      return bucket.rows.size > 0 ? buckets.put(commands, bucket) : "";
    });
    const newSections = await written(next.changedSections(newBuckets), async (section) => {
      return section.buckets.some((reference) => reference !== "") ? sections.put(commands, section) : "";
    });
    const manifest = next.manifest(newSections);
    if (!(await this.#item.replace(commands, manifest, item))) {
      await buckets.remove(commands, referencesIn(newBuckets));
      await sections.remove(commands, referencesIn(newSections));
      return false;
    }
    this.#replaced = { sections: next.replacedSections(manifest), buckets: next.replacedBuckets() };
    await buckets.expire(commands, this.#replaced.buckets);
    await sections.expire(commands, this.#replaced.sections);
    if (this.remembered(revisionOf(before, before.number))) this.remember(manifest);
    else this.forgetOthers(manifest);
    return true;
  }

  async #removeReplaced(commands: MemcacheCommands): Promise<void> {
    const { sections, buckets } = this.#replaced;
    this.#replaced = { sections: [], buckets: [] };
    await this.items.buckets.remove(commands, buckets);
    await this.items.sections.remove(commands, sections);
  }
}

/** The reason why a client cannot read or write some names. */
export function droppedPart(): StoreError {
  return new StoreError(
    "the server has dropped a part of the schedule: try again later. A node that still has it restores it; otherwise the leader gives it up",
  );
}

/** Writes items. Returns their references, by the same numbers. */
async function written<T>(
  items: Iterable<[number, T]>,
  write: (item: T) => Promise<string>,
): Promise<ReadonlyMap<number, string>> {
  return new Map(await Promise.all(Array.from(items, async ([place, item]) => [place, await write(item)] as const)));
}

function referencesIn(written: ReadonlyMap<number, string>): string[] {
  return [...written.values()].filter((reference) => reference !== "");
}

function checkNumber(entries: number): void {
  if (entries <= MOST_ENTRIES) return;
  throw new StoreError(
    `the schedule would have ${entries} entries, and on memcached it has room for the cursors of ${MOST_ENTRIES}: remove some, or use another store`,
  );
}
