import { LockLostError, StoreError } from "@beatx/core";
import type { CursorMove, Lease, MoveResult } from "@beatx/core";
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

/** What is known of the definitions while cursors are moved. */
export interface MoveContext {
  readonly lease: Lease;
  readonly life: string;
  /** Whether a cursor is left over from an entry that is known to be gone. */
  readonly isLeftOver: (name: string, createdBy: number) => boolean;
}

/** Servers take items of a megabyte, less their own share. */
const LONGEST_BUCKET_BYTES = 1_000_000;

const ALL_BUCKETS = Array.from({ length: CURSOR_BUCKETS }, (_, index) => index);

/** The cursors, some hundred to an item: a burst of moves is a few writes. Only the leader writes them. */
export class Cursors {
  readonly #keys: MemcacheKeys;
  /** What this node knows to stand under each key. Under its own lease nobody else writes: what is lost comes back from here. */
  readonly #known = new Map<string, string>();

  constructor(keys: MemcacheKeys) {
    this.#keys = keys;
  }

  /** Answers the highest fence that was found or set. */
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

  /** The cursors of the entries that are asked for; of all, without `names`. Answers by name and birth. */
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

  /** @throws LockLostError when somebody leads under a higher fence. */
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
      // Otherwise somebody has written this bucket meanwhile, under our lease or a newer one. The next look tells.
      if (!isWritten) continue;
      this.#known.set(key, text);
      return results;
    }
  }
}

export type CursorLookup = (name: string, createdBy: number) => string | null;

/**
 * The bucket to move in. Every bucket was sealed when the lease was acquired; so one that is missing, or has a lower fence,
 * was lost since (and then written by a leader that had not noticed the end of its term). It comes back from memory (R33).
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
  const limit = `an item of memcached takes ${LONGEST_BUCKET_BYTES}`;
  throw new StoreError(
    `${cursors} cursors that share an item take ${bytes} bytes, and ${limit}: keep so many entries in another store`,
  );
}
