import { LockLostError } from "@beatx/core";
import type { CursorMove, Lease, MoveResult } from "@beatx/core/adapter";
import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { decodeCursors, encodeCursors } from "./cursor-bucket.js";
import type { CursorBucket, CursorRow, ReadCursors } from "./cursor-bucket.js";
import { withFence } from "../items/fenced-item.js";
import { bucketOf, CURSOR_BUCKETS } from "../items/keys.js";
import type { MemcacheKeys } from "../items/keys.js";
import { describeDamage } from "../items/unreadable.js";
import type { Damage, Notices } from "../items/unreadable.js";

/** A move, with what the definitions say about its entry. */
export interface MoveWithDefinition {
  readonly move: CursorMove;
  /** `null`: the entry has no definition; "lost": the server has lost the part of the schedule where it should be. */
  readonly definition: { readonly revision: string; readonly createdBy: number } | "lost" | null;
}

/** The same for all moves of one call. */
export interface MoveContext {
  readonly lease: Lease;
  readonly life: string;
  /** Whether the cursor belongs to an entry that certainly no longer exists. */
  readonly isLeftOver: (name: string, createdBy: number) => boolean;
  /** Compares the lease again, where a bucket cannot show its fence. @throws LockLostError */
  readonly checkLease: () => Promise<void>;
}

/** Servers take items of up to a megabyte, minus their own overhead. */
const LONGEST_BUCKET_BYTES = 1_000_000;

/** Decoded at once. */
const BUCKETS_PER_READ = 16;

/** Used in log messages. */
const WHAT = "cursors";

const ALL_BUCKETS = Array.from({ length: CURSOR_BUCKETS }, (_, index) => index);

/** The cursors, many to an item, so that a burst of moves is a few writes. Only the leader writes them. */
export class Cursors {
  readonly #keys: MemcacheKeys;
  readonly #notices: Notices;
  /**
   * The last known text of each key, from which lost and damaged items are restored. While this node leads only it writes,
   * so it knows the newest text.
   */
  readonly #known = new Map<string, { readonly text: string; readonly fence: number }>();
  /** The last fence that this node has put on all cursors. */
  #sealedFence = 0;

  constructor(keys: MemcacheKeys, notices: Notices) {
    this.#keys = keys;
    this.#notices = notices;
  }

  /** Puts the fence on all cursors. Returns the highest fence found or set. */
  async raiseFence(commands: MemcacheCommands, fence: number, life: string): Promise<number> {
    this.#sealedFence = fence;
    const damaged: Damage[] = [];
    let restored = 0;
    const seal = async (index: number): Promise<number> => {
      const key = this.#keys.cursors(index);
      // Done in an attempt that missed its deadline: the next one goes on from there.
      if (this.#known.get(key)?.fence === fence) return fence;
      const sealed = await this.#seal(commands, key, { fence, life });
      if (sealed.damage) damaged.push(sealed.damage);
      restored += sealed.restored;
      return sealed.fence;
    };
    const fences = await Promise.all(ALL_BUCKETS.map(seal));
    if (damaged.length > 0) this.#notices.add(`${describeDamage(WHAT, damaged)}; ${describeRepair(restored)}`);
    return Math.max(...fences);
  }

  async #seal(
    commands: MemcacheCommands,
    key: string,
    { fence, life }: Pick<CursorBucket, "fence" | "life">,
  ): Promise<{ readonly fence: number; readonly damage?: Damage; readonly restored: number }> {
    for (;;) {
      const item = await commands.gets(key);
      const found = item && decodeCursors(item.text);
      if (found && found.fence >= fence) {
        this.#known.set(key, { text: item.text, fence: found.fence });
        return { fence: found.fence, restored: 0 };
      }
      const isWhole = found?.damagedRows === 0;
      const mended = { fence, life, rows: merge(life, this.#knownBucket(key), found) };
      const text = item && isWhole ? withFence(item.text, fence) : encodeCursors(mended);
      const isWritten = item ? await commands.cas(key, text, 0, item.cas) : await commands.add(key, text, 0);
      if (!isWritten) continue;
      this.#known.set(key, { text, fence });
      if (!item || isWhole) return { fence, restored: 0 };
      return { fence, damage: { key, text: item.text }, restored: mended.rows.size };
    }
  }

  /** Reads the cursors of these entries, or of all without `names`. Those of a damaged item come from memory. */
  async read(commands: MemcacheCommands, life: string, names?: Iterable<string>): Promise<CursorLookup> {
    const indexes = names ? new Set(Array.from(names, (name) => bucketOf(name, CURSOR_BUCKETS))) : ALL_BUCKETS;
    const keys = Array.from(indexes, (index) => this.#keys.cursors(index));
    const buckets = new Map<string, ReadonlyMap<string, CursorRow>>();
    const damaged: Damage[] = [];
    // The event loop turns in between: decoding all of a large schedule takes long.
    for (let start = 0; start < keys.length; start += BUCKETS_PER_READ) {
      const texts = await commands.getMany(keys.slice(start, start + BUCKETS_PER_READ));
      for (const [key, text] of texts) {
        const found = decodeCursors(text);
        if (found?.damagedRows === 0) {
          this.#learn(key, text, found);
          if (found.life === life) buckets.set(key, found.rows);
        } else {
          damaged.push({ key, text });
          buckets.set(key, merge(life, this.#knownBucket(key), found));
        }
      }
    }
    if (damaged.length > 0) {
      this.#notices.add(`${describeDamage(WHAT, damaged)}; the leader restores it with its next write there`);
    }
    return (name, createdBy) => {
      const row = buckets.get(this.#keys.cursors(bucketOf(name, CURSOR_BUCKETS)))?.get(name);
      return row?.createdBy === createdBy ? row.cursor : null;
    };
  }

  /** This node's own writes are newer than what it reads meanwhile. */
  #learn(key: string, text: string, { fence }: CursorBucket): void {
    if (fence !== this.#sealedFence && fence >= (this.#known.get(key)?.fence ?? 0))
      this.#known.set(key, { text, fence });
  }

  #knownBucket(key: string): ReadCursors | null {
    const known = this.#known.get(key);
    return known ? decodeCursors(known.text) : null;
  }

  /** @throws LockLostError when another node leads under a higher fence. */
  async move(
    commands: MemcacheCommands,
    moves: readonly MoveWithDefinition[],
    context: MoveContext,
  ): Promise<readonly MoveResult[]> {
    const groups = new Map<number, MoveWithDefinition[]>();
    for (const one of moves) {
      const index = bucketOf(one.move.name, CURSOR_BUCKETS);
      const group = groups.get(index);
      if (group) group.push(one);
      else groups.set(index, [one]);
    }
    const results = new Map<MoveWithDefinition, MoveResult>();
    const moveGroup = async ([index, group]: [number, MoveWithDefinition[]]): Promise<void> => {
      const answers = await this.#moveInBucket(commands, this.#keys.cursors(index), group, context);
      group.forEach((one, nth) => results.set(one, answers[nth]!));
    };
    await Promise.all(Array.from(groups, moveGroup));
    return moves.map((one) => results.get(one)!);
  }

  async #moveInBucket(
    commands: MemcacheCommands,
    key: string,
    moves: readonly MoveWithDefinition[],
    context: MoveContext,
  ): Promise<readonly MoveResult[]> {
    for (;;) {
      const item = await commands.gets(key);
      const found = item && decodeCursors(item.text);
      if (!found) await context.checkLease();
      const bucket = openBucket(found, () => this.#knownBucket(key), context);
      const results = moves.map((one) => moveOne(bucket, one));
      if (results.every(({ status }) => status !== "done")) return results;
      for (const [name, { createdBy }] of bucket.rows)
        if (context.isLeftOver(name, createdBy)) bucket.rows.delete(name);
      const text = encodeCursors(bucket);
      const excess = tooLong(text, bucket.rows.size);
      if (excess) return results.map((result) => (result.status === "done" ? excess : result));
      const isWritten = item ? await commands.cas(key, text, 0, item.cas) : await commands.add(key, text, 0);
      // Otherwise the bucket was written meanwhile, under this lease or a newer one: read it again.
      if (!isWritten) continue;
      this.#known.set(key, { text, fence: context.lease.fence });
      if (item && found?.damagedRows !== 0) {
        const damage = describeDamage(WHAT, [{ key, text: item.text }]);
        this.#notices.add(`${damage}; ${describeRepair(bucket.rows.size)}`);
      }
      return results;
    }
  }
}

export type CursorLookup = (name: string, createdBy: number) => string | null;

/**
 * The bucket to move cursors in. Acquiring the lease put its fence on every bucket. So a bucket that is missing was lost
 * since then, and one with a lower fence was lost and then written by a leader that had not noticed the end of its term.
 * Either is restored from memory (R33), and so is what was damaged.
 */
function openBucket(
  found: ReadCursors | null,
  knownBucket: () => ReadCursors | null,
  { lease: { fence }, life }: MoveContext,
): CursorBucket {
  if (found && found.fence > fence) throw new LockLostError();
  const present = found?.fence === fence && found.life === life ? found : null;
  if (present?.damagedRows === 0) return present;
  const known = knownBucket();
  return { fence, life, rows: merge(life, known?.fence === fence ? known : null, present) };
}

/** The cursors of this life from both buckets. If both have one for a name, that of the second counts. */
function merge(life: string, known: CursorBucket | null, found: CursorBucket | null): Map<string, CursorRow> {
  const rows = [known, found].flatMap((bucket) => (bucket?.life === life ? [...bucket.rows] : []));
  return new Map(rows);
}

function moveOne({ rows }: CursorBucket, { move, definition }: MoveWithDefinition): MoveResult {
  if (!definition) return { status: "changed" };
  if (definition === "lost") return { status: "refused", reason: "the server has lost its definition: add it again" };
  const { revision, createdBy } = definition;
  const present = rows.get(move.name);
  const cursor = present?.createdBy === createdBy ? present.cursor : null;
  if (cursor !== move.from) return { status: "moved", cursor };
  if (move.definitionRevision !== null && move.definitionRevision !== revision) return { status: "changed" };
  rows.set(move.name, { createdBy, cursor: move.to });
  return { status: "done" };
}

/** Only these entries fail; those of other buckets go on. */
function tooLong(text: string, cursors: number): MoveResult | null {
  const bytes = Buffer.byteLength(text);
  if (bytes <= LONGEST_BUCKET_BYTES) return null;
  const limit = `an item of memcached may have ${LONGEST_BUCKET_BYTES}`;
  const reason = `${cursors} cursors that share an item take ${bytes} bytes, but ${limit}: use another store for this number of entries`;
  return { status: "refused", reason };
}

function describeRepair(cursors: number): string {
  return `it is replaced, with ${cursors} cursors from memory; entries without a cursor run on from their last change, by policy`;
}
