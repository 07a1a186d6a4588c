import { LockLostError, StoreError } from "@beatx/core";
import type { CursorMove, Lease, MoveResult } from "@beatx/core/adapter";
import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { decodeCursors, encodeCursors } from "./cursor-bucket.js";
import type { CursorBucket } from "./cursor-bucket.js";
import { fenceOf } from "../items/fence-text.js";
import { bucketOf, CURSOR_BUCKETS } from "../items/keys.js";
import type { MemcacheKeys } from "../items/keys.js";
import { raiseFence } from "../items/raise-fence.js";

/** A move, with what the definitions say about its entry. */
export interface MoveWithDefinition {
  readonly move: CursorMove;
  /** `null`: the entry has no definition. */
  readonly definition: { readonly revision: string; readonly createdBy: number } | null;
}

/** The same for all moves of one call. */
export interface MoveContext {
  readonly lease: Lease;
  readonly life: string;
  /** Whether the cursor belongs to an entry that certainly no longer exists. */
  readonly isLeftOver: (name: string, createdBy: number) => boolean;
}

/** Servers take items of up to a megabyte, minus their own overhead. */
const LONGEST_BUCKET_BYTES = 1_000_000;

const ALL_BUCKETS = Array.from({ length: CURSOR_BUCKETS }, (_, index) => index);

/** The cursors, many to an item, so that a burst of moves is a few writes. Only the leader writes them. */
export class Cursors {
  readonly #keys: MemcacheKeys;
  /** The last known text of each key. While this node leads only it writes, so lost items are restored from here. */
  readonly #known = new Map<string, string>();

  constructor(keys: MemcacheKeys) {
    this.#keys = keys;
  }

  /** Puts the fence on all cursors. Returns the highest fence found or set. */
  async raiseFence(commands: MemcacheCommands, fence: number, life: string): Promise<number> {
    const empty = encodeCursors({ fence: 0, life, rows: new Map() });
    const raise = async (index: number): Promise<number> => {
      const key = this.#keys.cursors(index);
      const text = await raiseFence(commands, key, fence, empty);
      this.#known.set(key, text);
      return fenceOf(text);
    };
    return Math.max(...(await Promise.all(ALL_BUCKETS.map(raise))));
  }

  /** Reads the cursors of these entries, or of all without `names`. */
  async read(commands: MemcacheCommands, life: string, names?: Iterable<string>): Promise<CursorLookup> {
    const indexes = names ? new Set(Array.from(names, (name) => bucketOf(name, CURSOR_BUCKETS))) : ALL_BUCKETS;
    const texts = await commands.getMany(Array.from(indexes, (index) => this.#keys.cursors(index)));
    const buckets = new Map<string, CursorBucket>();
    for (const [key, text] of texts) buckets.set(key, decodeCursors(text));
    return (name, createdBy) => {
      const bucket = buckets.get(this.#keys.cursors(bucketOf(name, CURSOR_BUCKETS)));
      return bucket?.life === life ? cursorIn(bucket, name, createdBy) : null;
    };
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
      const bucket = openBucket(item?.text, this.#known.get(key), context);
      const results = moves.map((one) => moveOne(bucket, one));
      if (results.every(({ status }) => status !== "done")) return results;
      for (const [name, { createdBy }] of bucket.rows)
        if (context.isLeftOver(name, createdBy)) bucket.rows.delete(name);
      const text = encodeCursors(bucket);
      checkLength(text, bucket.rows.size);
      const isWritten = item ? await commands.cas(key, text, 0, item.cas) : await commands.add(key, text, 0);
      // Otherwise the bucket was written meanwhile, under this lease or a newer one: read it again.
      if (!isWritten) continue;
      this.#known.set(key, text);
      return results;
    }
  }
}

export type CursorLookup = (name: string, createdBy: number) => string | null;

/**
 * The bucket to move cursors in. Acquiring the lease put its fence on every bucket. So a bucket that is missing was lost
 * since then, and one with a lower fence was lost and then written by a leader that had not noticed the end of its term.
 * Either is restored from memory (R33).
 */
function openBucket(found: string | undefined, known: string | undefined, { lease, life }: MoveContext): CursorBucket {
  if (found !== undefined && fenceOf(found) > lease.fence) throw new LockLostError();
  for (const text of [found, known]) {
    if (text === undefined || fenceOf(text) !== lease.fence) continue;
    const bucket = decodeCursors(text);
    if (bucket.life === life) return bucket;
  }
  return { fence: lease.fence, life, rows: new Map() };
}

function moveOne({ rows }: CursorBucket, { move, definition }: MoveWithDefinition): MoveResult {
  if (!definition) return { status: "changed" };
  const { revision, createdBy } = definition;
  const present = rows.get(move.name);
  const cursor = present?.createdBy === createdBy ? present.cursor : null;
  if (cursor !== move.from) return { status: "moved", cursor };
  if (move.definitionRevision !== null && move.definitionRevision !== revision) return { status: "changed" };
  rows.set(move.name, { createdBy, cursor: move.to });
  return { status: "done" };
}

function cursorIn({ rows }: CursorBucket, name: string, createdBy: number): string | null {
  const row = rows.get(name);
  return row?.createdBy === createdBy ? row.cursor : null;
}

function checkLength(text: string, cursors: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= LONGEST_BUCKET_BYTES) return;
  const limit = `an item of memcached may have ${LONGEST_BUCKET_BYTES}`;
  throw new StoreError(
    `${cursors} cursors that share an item take ${bytes} bytes, but ${limit}: use another store for this number of entries`,
  );
}
