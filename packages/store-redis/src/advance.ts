import type { Store } from "@beatx/core";
import {
  checkValueSize,
  type CursorMove,
  type CursorRecord,
  type Lease,
  LockLostError,
  type MoveResult,
  type OutboxMark,
  type OutboxWrite,
  StoreError,
} from "@beatx/core/adapter";
import { batches, databaseOf, isImpossible, packTexts, sendAllowed } from "@beatx/shared-redis";
import type { Argument } from "@beatx/shared-redis";
import { ADVANCE, FIND_MARK } from "./advance-script.js";
import type { StoreConnection } from "./connect.js";
import { type RedisKeys, sharesSlot } from "./keys.js";
import { lockValue } from "./lock.js";

export type AdvanceCommands = Pick<Store, "advance"> & Required<Pick<Store, "reachesOutbox">>;

/** R18: how far ahead of the server's clock an occurrence may lie. */
const MAX_EARLY_MS = 50;
const DONE: MoveResult = { status: "done" };
/** About 2 ms of the server's time; larger scripts gain nothing. */
const MOVES_PER_SCRIPT = 500;
/** Characters of cursors and messages in one script, unless a single move has more. */
const MOVES_SIZE_PER_SCRIPT = 4 * 1024 * 1024;

export function advanceCommands(
  connection: StoreConnection,
  keys: RedisKeys,
  namespace: string,
  maxValueBytes: number,
): AdvanceCommands {
  const reaches = (write: { readonly database: number; readonly key: string }): boolean =>
    !connection.client.isCluster || (write.database === 0 && sharesSlot(write.key, namespace));
  return {
    async advance(lease: Lease, moves: readonly CursorMove[]) {
      for (const { name, to } of moves) checkValueSize("redis", name, to, maxValueBytes);
      const parts = [...batches(moves, MOVES_PER_SCRIPT, MOVES_SIZE_PER_SCRIPT, sizeOf)];
      return sendAllowed<CursorMove, MoveResult>(parts, {
        send: (some) => advanceBatch(connection, keys, lease, some, reaches),
        groupOf: queuesOf,
        refuse(error, { outbox = [] }) {
          if (outbox.length === 0) throw error;
          return refused(error.message);
        },
      });
    },
    async reachesOutbox(mark: OutboxMark) {
      if (!reaches(mark)) return false;
      try {
        const args = [mark.database, databaseOf(connection.client), mark.value];
        return (await connection.runScript("look for the publisher's mark", FIND_MARK, [mark.key], args)) === 1;
      } catch (error) {
        if (StoreError.isInstance(error) && isImpossible((error as Error).cause)) return false;
        throw error;
      }
    },
  };
}

function sizeOf({ to, outbox = [] }: CursorMove): number {
  let size = to.length;
  for (const { value } of outbox) size += value.length;
  return size;
}

type Queue = Pick<OutboxWrite, "database" | "key">;

function queuesOf({ outbox = [] }: CursorMove): string {
  return outbox
    .flatMap(placesOf)
    .map(({ database, key }) => `${database} ${key}`)
    .join("\n");
}

async function advanceBatch(
  connection: StoreConnection,
  keys: RedisKeys,
  lease: Lease,
  moves: readonly CursorMove[],
  reaches: (queue: Queue) => boolean,
): Promise<MoveResult[]> {
  const stray = (move: CursorMove): Queue | undefined => strayOf(move, reaches);
  const sent = moves.filter((move) => stray(move) === undefined);
  const { queues, holds, args } = advanceArguments(connection, lease, sent);
  const { lock, cursors, definitions, changes, history } = keys;
  const allKeys = [lock, cursors, definitions, changes, history, ...[...queues, ...holds].map(({ key }) => key)];
  const answers = sent.length === 0 ? [] : await connection.runScript("move cursors", ADVANCE, allKeys, args);
  if (answers === "LOST") throw new LockLostError();
  if (answers === "DONE" && sent.length === moves.length) return moves.map(() => DONE);
  let next = 0;
  return moves.map((move) => {
    const queue = stray(move);
    if (queue === undefined)
      return answers === "DONE" ? DONE : moveResult((answers as MoveAnswer[])[next++]!, queues, holds);
    return refused(`a Redis Cluster does not keep ${JSON.stringify(queue.key)} beside the schedule`);
  });
}

/** A place of the move's writes that the script cannot reach. It runs for each move, so it makes no list of them. */
function strayOf({ outbox = [] }: CursorMove, reaches: (queue: Queue) => boolean): Queue | undefined {
  for (const { database, key, unlessHeld } of outbox) {
    if (!reaches({ database, key })) return { database, key };
    if (unlessHeld && !reaches({ database, key: unlessHeld.key })) return { database, key: unlessHeld.key };
  }
  return undefined;
}

/** The queue of a write, and the key that may hold it up. */
function placesOf({ database, key, unlessHeld }: OutboxWrite): Queue[] {
  return unlessHeld
    ? [
        { database, key },
        { database, key: unlessHeld.key },
      ]
    : [{ database, key }];
}

/** The arguments, in the order that the script reads. */
function advanceArguments(
  connection: StoreConnection,
  lease: Lease,
  moves: readonly CursorMove[],
): { queues: readonly Queue[]; holds: readonly Queue[]; args: Argument[] } {
  const queues = new QueueNumbers();
  const moved: string[] = [];
  const froms: string[] = [];
  const revisions: string[] = [];
  const dueAts: number[] = [];
  const counts: number[] = [];
  const numbers: number[] = [];
  const values: string[] = [];
  let digits = "";
  for (const { name, from, to, definitionRevision, dueAt, outbox = [], record } of moves) {
    digits += digitOf(from, definitionRevision, record);
    moved.push(name, to);
    froms.push(from ?? "");
    revisions.push(definitionRevision ?? "");
    dueAts.push(dueAt);
    counts.push(outbox.length);
    for (const write of outbox) {
      numbers.push(queues.numberOf(write));
      values.push(write.value);
    }
  }
  const { slots, ownTexts } = recordsOf(moves);
  const known = queues.all;
  const { keys: holds, list: holdList } = holdsOf(moves);
  const head = [lockValue(lease), MAX_EARLY_MS, databaseOf(connection.client), known.length, moves.length, digits];
  const queueOfEach = known.length > 1 ? numbers.join(" ") : "";
  const lists = [Math.max(...dueAts), dueAts.join(" "), shortList(counts), queueOfEach, slots, holds.length];
  const databases = [...known, ...holds].map(({ database }) => database);
  const texts = packTexts([...moved, ...froms, ...revisions, ...values, ...ownTexts]);
  const held = holds.length === 0 ? [] : [packTexts(holdList)];
  return { queues: known, holds, args: [...head, ...lists, ...databases, texts, ...held] };
}

/** The keys that hold messages up, and number of the move and of the key, value and lifetime of each condition (R52). */
function holdsOf(moves: readonly CursorMove[]): { readonly keys: readonly Queue[]; readonly list: readonly string[] } {
  const numbers = new QueueNumbers();
  const list: string[] = [];
  for (const [index, { outbox = [] }] of moves.entries()) {
    for (const { database, unlessHeld } of outbox) {
      if (!unlessHeld) continue;
      const { key, value, ttlMs } = unlessHeld;
      list.push(String(index + 1), String(numbers.numberOf({ database, key })), value, String(ttlMs));
    }
  }
  return { keys: numbers.all, list };
}

/** The slots of all records as a list, "" if there is none; and the texts of those that have their own. */
function recordsOf(moves: readonly CursorMove[]): { readonly slots: string; readonly ownTexts: readonly string[] } {
  const slots: number[] = [];
  const ownTexts: string[] = [];
  for (const { record } of moves) {
    if (!record) continue;
    slots.push(record.slot);
    if (record.text !== null) ownTexts.push(record.text);
  }
  return { slots: slots.length === 0 ? "" : shortList(slots), ownTexts };
}

/** What is null, and what the record has: one character, from "0" on. */
function digitOf(from: string | null, revision: string | null, record: CursorRecord | undefined): string {
  const ofRecord = record ? (record.text === null ? 4 : 12) : 0;
  return String.fromCharCode(48 + (from === null ? 1 : 0) + (revision === null ? 2 : 0) + ofRecord);
}

/** One number stands for a list of equal ones. */
function shortList(numbers: readonly number[]): string {
  return numbers.every((number) => number === numbers[0]) ? String(numbers[0]) : numbers.join(" ");
}

/** Numbers the queues of a batch, from 1. */
class QueueNumbers {
  readonly all: Queue[] = [];
  readonly #numbers = new Map<string, number>();
  /** The queue of the write before: most batches have one. */
  #last = { database: -1, key: "", number: 0 };

  numberOf({ database, key }: Queue): number {
    if (key === this.#last.key && database === this.#last.database) return this.#last.number;
    const id = `${database} ${key}`;
    const number = this.#numbers.get(id) ?? this.all.push({ database, key });
    this.#numbers.set(id, number);
    this.#last = { database, key, number };
    return number;
  }
}

type MoveAnswer = 0 | 1 | 2 | 3 | readonly [cursor: string | null] | readonly [queue: string, type: string];

function moveResult(answer: MoveAnswer, queues: readonly Queue[], holds: readonly Queue[]): MoveResult {
  if (answer === 0) return DONE;
  if (answer === 1) return { status: "changed" };
  if (answer === 2) return { status: "early" };
  if (answer === 3) return { status: "held" };
  if (answer.length === 1) return { status: "moved", cursor: answer[0] };
  const index = Number(answer[0]) - 1;
  const { key, database } = [...queues, ...holds][index]!;
  const expected = index < queues.length ? "list" : "string";
  return refused(`${JSON.stringify(key)} in database ${database} is a ${answer[1]}, not a ${expected}`);
}

function refused(reason: string): MoveResult {
  return { status: "refused", reason };
}
