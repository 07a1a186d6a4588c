import type { Store } from "@beatx/core";
import { type CursorMove, isLease, type Lease, type StoredEntry } from "@beatx/core/adapter";
import { type RedisServer, startRedis } from "@beatx/test-servers";
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { redisStore } from "../src/index.js";

/** A server for all tests of a file, which is empty before each of them, and a store on it. */
export function setUpStore(): { readonly server: RedisServer; readonly store: Required<Store> } {
  let server: RedisServer;
  let store: Required<Store>;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.cli("FLUSHALL");
    store = redisStore({ uri: server.uri });
  });
  afterEach(() => store.close());
  return {
    get server() {
      return server;
    },
    get store() {
      return store;
    },
  };
}

/** Resolves after `delayMs`: only to let a lease run out, never to wait for something to happen. */
export function pass(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Asks until the lock is ours. */
export async function lead(store: Store, ttlMs: number, label = "node"): Promise<Lease> {
  const token = randomUUID();
  for (;;) {
    const answer = await store.acquireLock({ token, ttlMs, label });
    if (isLease(answer)) return answer;
    await pass(Math.min(answer.retryAfterMs, 20));
  }
}

/** A lease that outlasts the test. Begins with a short one, because a first lease takes one lifetime to get. */
export async function leadForLong(store: Store): Promise<Lease> {
  const lease = await lead(store, 200);
  if (await store.renewLock(lease, 600_000)) return lease;
  return leadForLong(store); // The machine was too slow for the 200 ms.
}

export async function readAll(store: Store, since?: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule(since)).batches) entries.push(...batch);
  return entries;
}

/** Creates entries of these names and answers their revisions. */
export async function create(store: Store, names: readonly string[]): Promise<string[]> {
  const changes = names.map((name) => ({ name, definition: `definition of ${name}`, expectedRevision: null }));
  const results = await store.setSchedule(changes);
  return results.map((result) => {
    if (result.status !== "done") throw new Error("the name exists");
    return result.revision;
  });
}

export function moveOf(name: string, definitionRevision: string | null, more: Partial<CursorMove> = {}): CursorMove {
  return { name, from: null, to: "moved", definitionRevision, dueAt: 0, ...more };
}

/** The error with which `call` rejects. */
export async function rejectionOf(call: Promise<unknown>): Promise<Error> {
  return call.then(
    (answer) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(answer)}`);
    },
    (error: unknown) => error as Error,
  );
}

/** Every command of a store, with arguments that are right. */
export function everyCommand(store: Required<Store>): Record<string, () => Promise<unknown>> {
  const lease: Lease = { token: "nobody", fence: 1 };
  return {
    getRevision: () => store.getRevision(),
    getSchedule: () => readAll(store),
    getEntries: () => store.getEntries(["one"]),
    getHistory: () => store.getHistory("one"),
    listEntries: () => store.listEntries({ limit: 10 }),
    setSchedule: () => store.setSchedule([{ name: "one", definition: "text", expectedRevision: null }]),
    advance: () => store.advance(lease, [moveOf("one", null)]),
    acquireLock: () => store.acquireLock({ token: "mine", ttlMs: 1000, label: "node" }),
    renewLock: () => store.renewLock(lease, 1000),
    releaseLock: () => store.releaseLock(lease),
    readLock: () => store.readLock(),
    getTime: () => store.getTime(),
    reachesOutbox: () => store.reachesOutbox({ database: 0, key: "mark", value: "here" }),
    watch: () => store.watch(() => undefined),
    checkHealth: () => store.checkHealth(),
  };
}
