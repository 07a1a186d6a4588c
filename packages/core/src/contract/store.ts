/**
 * THE STORE CONTRACT. A store keeps one schedule for any number of beatx nodes, and lets exactly one of them lead.
 * `@beatx/store-conformance` tests every sentence below; `docs/write-a-store.md` walks through an example.
 *
 * Every method ends in one of three ways:
 * - a value: the backend's answer. A refusal (`false`, `LockHeld`, `"moved"`, …) is an answer, too;
 * - a rejection with `StoreError`: unknown. The command may have been executed, or may still be executed;
 * - a rejection with `LockLostError`: the write used a lease that is not the current one, and had no effect.
 *
 * Core writes and reads the texts (definitions and cursors). A store keeps them and compares them byte for byte; it
 * never parses them. A store has no retries, no timers and no logging of its own: core has them.
 *
 * Rule numbers (R3, R14, …) refer to docs/PROTOCOL.md.
 */

import type { CursorMove, MoveResult } from "./cursor-move.js";
import type { OutboxMark } from "./publisher.js";
import type { EntryPage, PageRequest, ScheduleReading, StoredEntry } from "./stored-entry.js";

/** Increases with every incompatible change of the contract. Core refuses a store that was built for another number. */
export const STORE_CONTRACT = 1;

export interface StoreCapabilities {
  /** `true`: data survives a restart of the backend and is never evicted. `false`: core warns at start. */
  readonly durable: boolean;
  /**
   * `true`: `advance` and `setSchedule` compare the lease in the same atomic step as the write (R3). `false`: that step
   * compares only the row.
   */
  readonly fencedWrites: boolean;
  /**
   * `true`: `getRevision` and a partial reading show that the data has not gone back to an older state: after a restart from
   * an old snapshot, a fail-over or a wipe no revision from before is current, and none of them is known. Then a standby
   * that has followed the schedule takes over without reading it again (R32). Default `false`.
   */
  readonly revisionShowsOlderState?: boolean;
  /** The number, 0 to 65535, of the record that holds this name's cursor and others. Core moves those together where it can. */
  readonly groupOf?: (name: string) => number;
  /** `true`: `advance` can make the `outbox` writes of a move in the atomic step that moves the cursor (R20). */
  readonly outbox: boolean;
  /**
   * Resolution of a lock's lifetime, in ms: 1 for Redis. A lock may live this much longer than requested, never
   * shorter.
   */
  readonly lockResolutionMs: number;
  /** Maximum length of a definition or cursor, in bytes of UTF-8. A longer one rejects with `VALUE_TOO_LARGE`. */
  readonly maxValueBytes: number;
}

/** The right to lead for one term. A store grants it; two leases are equal only if both fields are. */
export interface Lease {
  /** The secret of this term, random, from core (R1). Only its holder can renew, release or write cursors. */
  readonly token: string;
  /** Grows with every term, even if the store's data is lost in between: `max(stored + 1, clock in ms)` (R2). */
  readonly fence: number;
}

export interface LockRequest {
  /** Random, from core, for one attempt to lead. After a lost reply core sends the same token again. */
  readonly token: string;
  /** Lifetime of the lease unless it is renewed, in ms. All nodes of a namespace use the same value. */
  readonly ttlMs: number;
  /** Host and process id, for people. Never compared. */
  readonly label: string;
}

/** The answer of `acquireLock` when it refuses. */
export interface LockHeld {
  /** Ask again after this many ms at the latest: the remaining lifetime of the lock. */
  readonly retryAfterMs: number;
  /** The leader; `null`: there is none, and no node may lead yet, because the backend has just lost its data. */
  readonly leader: LeaderInfo | null;
  /** Why no node may lead yet, for the log. Only with `leader: null`. */
  readonly reason?: string;
}

export interface LeaderInfo {
  readonly fence: number;
  readonly label: string;
  /** Start of the term, epoch ms by the store's clock. */
  readonly since: number;
  /** Remaining lifetime in ms. */
  readonly expiresInMs: number;
}

export { RECORD_SLOTS } from "./cursor-move.js";
export type { CursorMove, CursorRecord, MoveResult } from "./cursor-move.js";
export type { EntryPage, PageRequest, ScheduleReading, StoredEntry } from "./stored-entry.js";

/** Creates, replaces or removes one definition. */
export interface DefinitionChange {
  readonly name: string;
  /** The new text. `null`: remove the entry, with its cursor. */
  readonly definition: string | null;
  /** The revision that this change is based on. `null`: the name must not exist. */
  readonly expectedRevision: string | null;
}

export type ChangeResult =
  | { readonly status: "done"; readonly revision: string }
  /** The stored revision differs, and nothing was written. `entry`: the stored one (`null`: none). */
  | { readonly status: "conflict"; readonly entry: StoredEntry | null };

export interface Store {
  readonly contract: typeof STORE_CONTRACT;
  /** The adapter's name, such as `redis`. */
  readonly name: string;
  /** Its server as messages show it, without a password: core names it when the store itself does not answer in time. */
  readonly server?: string;
  readonly capabilities: StoreCapabilities;

  /**
   * The schedule's revision. It changes whenever a definition is created, replaced or removed, and never with a cursor.
   * It is never used twice, not even after the backend lost its data. Core asks for it about once a second.
   */
  getRevision(): Promise<string>;
  /** Reads everything. With `since`, a store that knows all changes after that revision may return only those. */
  getSchedule(since?: string): Promise<ScheduleReading>;
  /**
   * Reads those of the entries that exist, in any order; no name occurs twice in `names`. The revision is that of the
   * definition, and the cursor is at least as new as both: a change that was answered before the call shows. Clients call
   * it for every edit, so its cost must not grow with the schedule.
   */
  getEntries(names: readonly string[]): Promise<readonly StoredEntry[]>;
  /**
   * Reads one page. Names are ordered by their bytes in UTF-8. A name that exists from the first page of a listing to the
   * last comes exactly once, whatever is changed in between. A store without ordered names may answer from a complete
   * reading: `pageOf` of `@beatx/core/adapter` does it, at the cost of reading everything for each page.
   */
  listEntries(request: PageRequest): Promise<EntryPage>;
  /**
   * Writes definitions, each by compare-and-set on its revision. No name occurs twice in `changes`; the results have
   * the same order. Cursors stay as they are, except that removing a definition removes its cursor (R28) and, as far as
   * the backend allows, its records: an entry that is created again under the name begins without any. Removing a
   * name that does not exist, with `expectedRevision: null`, is `done`. With a lease, every write happens under it.
   * @throws LockLostError if the lease is not the current one.
   */
  setSchedule(changes: readonly DefinitionChange[], lease?: Lease): Promise<readonly ChangeResult[]>;
  /**
   * Moves cursors under the lease. No name occurs twice in `moves`; the results have the same order. Each move is all
   * or nothing, and independent of the others. Definitions stay as they are.
   * @throws LockLostError if the lease is not the current one (I3).
   */
  advance(lease: Lease, moves: readonly CursorMove[]): Promise<readonly MoveResult[]>;

  /**
   * Grants a lease, or says who holds the lock and when to ask again. The token that holds the lock gets the same lease
   * again, prolonged, so a lost reply costs nothing (R6). The lock lives at least `ttlMs` from when the request was
   * sent. A backend that may have lost a lease (restarted empty, flushed, failed over) grants none until `ttlMs` has
   * passed since that could have happened.
   */
  acquireLock(request: LockRequest): Promise<Lease | LockHeld>;
  /**
   * `true`: the lease is ours for `ttlMs` from when the command was sent. `false`: it is gone for good. Never revives a
   * lease that is not the current one. A lease that ran out is no longer current, even if no other node has taken the
   * lock.
   */
  renewLock(lease: Lease, ttlMs: number): Promise<boolean>;
  /**
   * Frees the lock, so the next `acquireLock` of any node succeeds at once. `false`: it was not ours. May be repeated.
   */
  releaseLock(lease: Lease): Promise<boolean>;
  /** The leader; `null`: there is none. */
  readLock(): Promise<LeaderInfo | null>;

  /** The store's own clock, epoch ms. Core uses it as cluster time (R4). Omit it if the backend has no clock. */
  getTime?(): Promise<number>;
  /**
   * The records of a name, in any order: of each slot the text that was written last (R48). Records may be missing, but
   * none comes that was never written. None for a name without a definition. Omit it if the store keeps no records: then
   * moves carry none.
   */
  getHistory?(name: string): Promise<readonly string[]>;
  /** With `capabilities.outbox`: whether `advance` writes to the place where the publisher left its mark. */
  reachesOutbox?(mark: OutboxMark): Promise<boolean>;
  /**
   * Calls `onHint` when a definition may have changed or the lock may be free. Hints may be missed or wrong: core polls
   * all the same. Resolves to a function that ends the watch.
   */
  watch?(onHint: () => void): Promise<() => Promise<void>>;
  /**
   * Warnings for the operator about the backend, one per line: an eviction policy that drops keys, no persistence, …
   * (R34). @throws StoreError, with the way out, if the backend would take no writes now: it is full, or a replica
   */
  checkHealth?(): Promise<readonly string[]>;
  /**
   * Damage that this store has found in the backend since the last call, and what became of it: one line each, for the
   * log. Damage that lasts is told once. Sends nothing to the backend.
   */
  takeNotices?(): readonly string[];

  /**
   * Ends the watches, and only the connections that the store opened. Waits for nothing longer than a command's
   * deadline. May be called again; later commands reject.
   */
  close(): Promise<void>;
}

/** `true` if `acquireLock` granted a lease, `false` if it refused. */
export function isLease(answer: Lease | LockHeld): answer is Lease {
  return "fence" in answer;
}

export interface StoreOptions {
  /** Prefix of all keys. Two namespaces never see each other. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command, in ms. A command that misses it rejects with `StoreError`. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** The adapter's own options: TLS settings, credentials for sentinels, a client of your own, … */
  readonly [adapterOption: string]: unknown;
}

/** The `storeProvider` export of an adapter package, by which core finds the store. */
export interface StoreProvider {
  /** The URI schemes of the store, in lower case, without the colon. */
  readonly schemes: readonly string[];
  /**
   * Opens a store; `uri` is as the user wrote it. The server need not be running: commands reject until it is.
   * Rejects with `ConfigError` if the store can never work.
   */
  open(uri: string, options?: StoreOptions): Promise<Store>;
}
