/**
 * THE STORE CONTRACT: what a backend must do so that any number of beatx nodes share one schedule and exactly one of
 * them leads. `@beatx/store-conformance` tests every sentence of it; `docs/write-a-store.md` walks through an example.
 *
 * Three readings hold everywhere:
 * - a value (`false`, `LockHeld`, `"moved"`, …): the backend was asked and said no;
 * - a rejection with `StoreError`: could not tell; the command may or may not have been carried out, now or later;
 * - a rejection with `LockLostError`: the write came under a lease that is not the current one, and did not land.
 *
 * Texts (definitions, cursors) are made and read by core. A store keeps them and compares them, byte for byte; it never
 * parses them. A store has no retries, no timers and no logging of its own: core owns those.
 *
 * Rule numbers (R3, R14, …) are those of docs/PROTOCOL.md.
 */

import type { OutboxMark, OutboxWrite } from "./publisher.js";

/** Raised when the contract changes incompatibly; core refuses a store that was built for another number. */
export const STORE_CONTRACT = 1;

export interface StoreCapabilities {
  /** Data survives a restart of the backend and is never evicted. `false` makes core warn at start. */
  readonly durable: boolean;
  /** `advance` and `setSchedule` compare the lease in the same atomic step as they write (R3). `false`: only the row. */
  readonly fencedWrites: boolean;
  /** `advance` can make the `outbox` writes of a move in the same atomic step (R20). */
  readonly outbox: boolean;
  /** Finest step of a lock's lifetime, in ms: 1 for Redis. A lock may live this much longer than asked, never shorter. */
  readonly lockResolutionMs: number;
  /** The longest definition or cursor text that is taken, in bytes of UTF-8. Longer ones reject with `VALUE_TOO_LARGE`. */
  readonly maxValueBytes: number;
}

/** One term of leadership. Made by a store, compared by both fields. */
export interface Lease {
  /** Secret of this term, drawn by core (R1). Only its holder renews, releases or writes cursors. */
  readonly token: string;
  /** Grows with every acquisition, also across a loss of the store's data: `max(stored + 1, clock in ms)` (R2). */
  readonly fence: number;
}

export interface LockRequest {
  /** Random, drawn by core for one attempt to lead; the same one is sent again after a lost reply. */
  readonly token: string;
  /** How long the lease lives unless renewed, in ms. All nodes of a namespace use the same value. */
  readonly ttlMs: number;
  /** Host and process id, for people. Never used to compare. */
  readonly label: string;
}

/** The answer of a refused `acquireLock`. */
export interface LockHeld {
  /** When it makes sense to ask again at the latest, in ms from now: the remaining lifetime of the lock. */
  readonly retryAfterMs: number;
  /** Who leads; `null` when nobody does, but nobody may yet (a backend that has just lost its memory). */
  readonly leader: LeaderInfo | null;
  /** Why nobody may lead yet, for the log. Present only with `leader: null`. */
  readonly reason?: string;
}

export interface LeaderInfo {
  readonly fence: number;
  readonly label: string;
  /** Epoch ms at which the term began, by the store's clock. */
  readonly since: number;
  /** Remaining lifetime in ms. */
  readonly expiresInMs: number;
}

/** What is kept under one name. */
export interface StoredEntry {
  readonly name: string;
  /** What the user wrote; `null` only in a partial reading, for a name that was removed. */
  readonly definition: string | null;
  /** Changes with every write of the definition; never used twice for one name. */
  readonly revision: string;
  /** The run state; `null` until the entry first ran. Its writes do not touch `revision`. */
  readonly cursor: string | null;
}

/** One answer of `getSchedule`. */
export interface ScheduleReading {
  /** The schedule's revision from *before* the first batch was read, so that nothing is missed by asking from here. */
  readonly revision: string;
  /** `true`: what is not in it does not exist. `false`: only what changed after the revision that was asked from. */
  readonly complete: boolean;
  /** Batches of some hundreds; each name at most once. */
  readonly batches: AsyncIterable<readonly StoredEntry[]>;
}

/** Create, replace or remove one definition. */
export interface DefinitionChange {
  readonly name: string;
  /** The new text; `null` removes the entry with its cursor. */
  readonly definition: string | null;
  /** The revision that this change was made from; `null`: the name must not exist. */
  readonly expectedRevision: string | null;
}

export type ChangeResult =
  | { readonly status: "done"; readonly revision: string }
  /** The stored revision is another one: here is what is stored (`null`: nothing). Nothing was written. */
  | { readonly status: "conflict"; readonly entry: StoredEntry | null };

/** Move one cursor forward. */
export interface CursorMove {
  readonly name: string;
  /** The text that the plan was made from; `null`: there was none (R14). */
  readonly from: string | null;
  readonly to: string;
  /**
   * The definition that the plan was made from; the move is refused when it has changed (R20). `null`: any revision will
   * do (the occurrence has been sent already), but the name must still have a definition.
   */
  readonly definitionRevision: string | null;
  /** Epoch ms of the occurrence. A store that has `getTime` refuses what is more than 50 ms ahead of it (R18). */
  readonly dueAt: number;
  /** Made in the same step as the move, or not at all. Sent only to a store whose `reachesOutbox` answered `true`. */
  readonly outbox?: readonly OutboxWrite[];
}

/** Tested in this order. A name that has no definition any more is `changed` or, made from a cursor, `moved`. */
export type MoveResult =
  | { readonly status: "done" }
  /** The cursor is not `from`: here is what it is. */
  | { readonly status: "moved"; readonly cursor: string | null }
  /** The definition is not of `definitionRevision` any more, or gone. */
  | { readonly status: "changed" }
  /** `dueAt` lies in the future of the store's clock. */
  | { readonly status: "early" }
  /** The outbox does not take the writes (the queue's key is not a list); neither they nor the cursor were written. */
  | { readonly status: "refused"; readonly reason: string };

export interface Store {
  readonly contract: typeof STORE_CONTRACT;
  /** The adapter's name, as in `redis`. */
  readonly name: string;
  readonly capabilities: StoreCapabilities;

  /**
   * A text that changes whenever any definition is created, replaced or removed (never by cursors), and that is never
   * used twice, not even after the backend lost its memory. Asked about once a second.
   */
  getRevision(): Promise<string>;
  /** All that is stored. With `since`, a store that can tell may answer with only what changed after that revision. */
  getSchedule(since?: string): Promise<ScheduleReading>;
  /**
   * Writes definitions, each by compare-and-set on its revision, and answers in the order of `changes`, in which no name
   * stands twice. Leaves cursors alone, except that removing a definition removes its cursor (R28). Removing a name that
   * does not exist, as expected, is `done`.
   * With a lease: all of it under that lease. @throws LockLostError when the lease is not the current one.
   */
  setSchedule(changes: readonly DefinitionChange[], lease?: Lease): Promise<readonly ChangeResult[]>;
  /**
   * Moves cursors under the lease and answers in the order of `moves`, in which no name stands twice; each move is all or
   * nothing and independent of the others. Never touches definitions. @throws LockLostError when the lease is not the current one (I3).
   */
  advance(lease: Lease, moves: readonly CursorMove[]): Promise<readonly MoveResult[]>;

  /**
   * A lease, or who holds the lock and when to ask again. Asking again with a token that holds the lock answers the same
   * lease and prolongs it, so that a lost reply costs nothing (R6). The lock lives at least `ttlMs` from when the
   * request was sent. A backend that may have isLost a lease (restarted empty, flushed, failed over) lets nobody lead
   * until `ttlMs` has passed since that could have happened.
   */
  acquireLock(request: LockRequest): Promise<Lease | LockHeld>;
  /**
   * `true`: ours for `ttlMs` from when it was sent. `false`: gone for good. Never revives a lease that is not current; one
   * that has run out is not current any more, also when nobody has taken it.
   */
  renewLock(lease: Lease, ttlMs: number): Promise<boolean>;
  /** Gives the lock up, so that the next `acquireLock` of anybody succeeds at once. `false`: it was not ours. Repeatable. */
  releaseLock(lease: Lease): Promise<boolean>;
  /** Who leads; `null`: nobody. */
  readLock(): Promise<LeaderInfo | null>;

  /** The store's own clock, epoch ms; core uses it as cluster time (R4). Leave it out when the backend has none. */
  getTime?(): Promise<number>;
  /** With `capabilities.outbox`: whether writes made by `advance` land where the publisher left its mark. */
  reachesOutbox?(mark: OutboxMark): Promise<boolean>;
  /**
   * Calls `onHint` when a definition may have changed or the lock may be free. A hint may be missed or come for
   * nothing; polling stays the truth. Resolves to a function that ends it.
   */
  watch?(onHint: () => void): Promise<() => Promise<void>>;
  /** What an operator should know about the backend: an eviction policy that drops keys, no persistence, … (R34). */
  checkHealth?(): Promise<readonly string[]>;

  /** Ends only the connections it opened, and the watches; waits for nothing longer than a command's deadline. Repeatable; later calls reject. */
  close(): Promise<void>;
}

/** `true` for the lease, `false` for the refusal of `acquireLock`. */
export function isLease(answer: Lease | LockHeld): answer is Lease {
  return "fence" in answer;
}

export interface StoreOptions {
  /** Prefix of all keys; two namespaces never see each other. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command, in ms; past it the call rejects with `StoreError`. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Whatever else the adapter documents: TLS material, credentials of sentinels, a client of your own. */
  readonly [adapterOption: string]: unknown;
}

/** What an adapter package exports as `storeProvider`, and what core looks for. */
export interface StoreProvider {
  /** The URI schemes it answers to, lower case, without the colon. */
  readonly schemes: readonly string[];
  /**
   * Gets the URI as the user wrote it. Rejects with `ConfigError` for what can never work. Does not need the server to
   * be up: commands reject until it is.
   */
  open(uri: string, options?: StoreOptions): Promise<Store>;
}
