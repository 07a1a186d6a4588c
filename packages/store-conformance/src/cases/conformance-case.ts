import type { OutboxMark, Store } from "@beatx/core";

export type ConformanceTopic =
  | "lifecycle"
  | "lease"
  | "leader"
  | "fence-numbers"
  | "expiry"
  | "contention"
  | "schedule"
  | "revisions"
  | "changes"
  | "cursors"
  | "stale-writes"
  | "outbox"
  | "texts"
  | "watch"
  | "memory";

/** One promise of the store contract, and how to find out whether a store keeps it. */
export interface ConformanceCase {
  readonly topic: ConformanceTopic;
  /** A sentence about behaviour; unique in the suite. */
  readonly name: string;
  /** Whether the promise applies. Left out: it binds every store. */
  readonly needs?: (store: Store, subject: StoreUnderTest) => boolean;
  /** Rejects with an `AssertionError` when the promise is broken. */
  run(context: CaseContext): Promise<void>;
}

/** What a case is given: two nodes of one namespace that nobody has used before. */
export interface CaseContext {
  readonly nodeA: Store;
  readonly nodeB: Store;
  readonly namespace: string;
  /** Lifetime of leases that are meant to run out, in ms. */
  readonly ttlMs: number;
  readonly subject: StoreUnderTest;
  /** Opens one more client, on the namespace of the case unless another is named. Closed when the case ends. */
  open(namespace?: string): Promise<Store>;
}

/** What the author of a store provides. */
export interface StoreUnderTest {
  /** A new client on the same backend each time it is called. */
  open(namespace: string): Promise<Store>;
  /**
   * Lifetime of leases that are meant to run out, in ms: the suite's pace. Default 200, or the store's
   * `lockResolutionMs` if that is longer.
   */
  readonly ttlMs?: number;
  /** The way to the queues behind the adapter's back. Required when `capabilities.outbox` is `true`. */
  readonly outbox?: OutboxProbe;
  /** Makes the backend forget everything (a flush); adds the cases about that. Left out for what cannot forget. */
  loseMemory?(): Promise<void>;
}

/** Reads and prepares the queues without the store's help. */
export interface OutboxProbe {
  /** What a publisher's `leaveMark` does. */
  leaveMark(): Promise<OutboxMark>;
  /** What was pushed onto the list, the oldest first; empty when there is none. */
  readQueue(database: number, key: string): Promise<readonly string[]>;
  /** Makes the key something else than a list. */
  breakQueue(database: number, key: string): Promise<void>;
}

/** Gives the cases of one file their topic. */
export function casesOf(topic: ConformanceTopic, cases: readonly Omit<ConformanceCase, "topic">[]): ConformanceCase[] {
  return cases.map((conformanceCase) => ({ ...conformanceCase, topic }));
}
