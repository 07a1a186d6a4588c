import type { Store } from "@beatx/core";
import type { OutboxMark } from "@beatx/core/adapter";

export type ConformanceTopic =
  | "lifecycle"
  | "lease"
  | "leader"
  | "fence-numbers"
  | "expiry"
  | "contention"
  | "schedule"
  | "names"
  | "pages"
  | "revisions"
  | "changes"
  | "cursors"
  | "stale-writes"
  | "outbox"
  | "history"
  | "texts"
  | "watch"
  | "memory";

/** One promise of the store contract, and its check. */
export interface ConformanceCase {
  readonly topic: ConformanceTopic;
  /** A sentence about behaviour; unique in the suite. */
  readonly name: string;
  /** Whether the promise applies to this store. Omitted: it applies to every store. */
  readonly needs?: (store: Store, subject: StoreUnderTest) => boolean;
  /** Rejects with an `AssertionError` when the promise is broken. */
  run(context: CaseContext): Promise<void>;
}

/** The argument of a case: two nodes of a new namespace. */
export interface CaseContext {
  readonly nodeA: Store;
  readonly nodeB: Store;
  readonly namespace: string;
  /** Lifetime in ms of leases that run out during the case. */
  readonly ttlMs: number;
  readonly subject: StoreUnderTest;
  /** Opens one more client, by default on the case's namespace. It is closed when the case ends. */
  open(namespace?: string): Promise<Store>;
}

/** How the suite reaches the store; written by the store's author. */
export interface StoreUnderTest {
  /** Opens a new client on the same backend. */
  open(namespace: string): Promise<Store>;
  /**
   * Lifetime in ms of leases that run out during a case; it sets the suite's pace. Default 200, or the store's
   * `lockResolutionMs` if that is longer.
   */
  readonly ttlMs?: number;
  /** Reaches the queues without the store. Required when `capabilities.outbox` is `true`. */
  readonly outbox?: OutboxProbe;
  /** Erases all data of the backend, as a flush does; adds the topic `memory`. Omit it if the backend cannot lose data. */
  loseMemory?(): Promise<void>;
}

/** Reads and prepares the queues without the store. */
export interface OutboxProbe {
  /** Sets a mark, as a publisher's `leaveMark` does. */
  leaveMark(): Promise<OutboxMark>;
  /** The values that were pushed onto the list, oldest first; empty if there is no list. */
  readQueue(database: number, key: string): Promise<readonly string[]>;
  /** Makes the key hold something other than a list. */
  breakQueue(database: number, key: string): Promise<void>;
}

/** Gives the cases of one file their topic. */
export function casesOf(topic: ConformanceTopic, cases: readonly Omit<ConformanceCase, "topic">[]): ConformanceCase[] {
  return cases.map((conformanceCase) => ({ ...conformanceCase, topic }));
}
