import type { Store } from "@beatx/core";
import { type CursorMove, isLease, type Lease, type StoredEntry } from "@beatx/core/adapter";
import { waitFor } from "@beatx/test-servers";
import { randomUUID } from "node:crypto";

/** Resolves after `delayMs`: only to let a lease run out, never to wait for something to happen. */
export function pass(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Requests the lock until this node has it, also after errors. */
export async function lead(store: Store, ttlMs: number, token: string = randomUUID()): Promise<Lease> {
  return waitFor("the lock", async () => {
    const answer = await store.acquireLock({ token, ttlMs, label: "a node" });
    return isLease(answer) && answer;
  });
}

/** A lease that outlasts the test. It starts short, because the wait for a first lease is as long as its lifetime. */
export async function leadForLong(store: Store): Promise<Lease> {
  const lease = await lead(store, 200);
  if (await store.renewLock(lease, 600_000)) return lease;
  return leadForLong(store); // The machine was too slow for the 200 ms.
}

export async function readAll(store: Store, since?: string): Promise<Map<string, StoredEntry>> {
  const entries = new Map<string, StoredEntry>();
  for await (const batch of (await store.getSchedule(since)).batches) {
    for (const entry of batch) entries.set(entry.name, entry);
  }
  return entries;
}

/** Creates entries with these names and returns their revisions. */
export async function create(store: Store, names: readonly string[], definition = "a definition"): Promise<string[]> {
  const results = await store.setSchedule(names.map((name) => ({ name, definition, expectedRevision: null })));
  return results.map((result) => {
    if (result.status !== "done") throw new Error("the name exists");
    return result.revision;
  });
}

export function moveOf(name: string, from: string | null, to: string): CursorMove {
  return { name, from, to, definitionRevision: null, dueAt: 0 };
}

/** The error with which `call` rejects. */
export function rejectionOf(call: Promise<unknown>): Promise<Error> {
  return call.then(
    (answer) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(answer)}`);
    },
    (error: unknown) => error as Error,
  );
}

/** Every command of a store, with valid arguments. */
export function everyCommand(store: Store): Record<string, () => Promise<unknown>> {
  const lease: Lease = { token: "nobody", fence: 1 };
  return {
    getRevision: () => store.getRevision(),
    getSchedule: () => readAll(store),
    setSchedule: () => store.setSchedule([{ name: "one", definition: "text", expectedRevision: null }]),
    advance: () => store.advance(lease, [moveOf("one", null, "moved")]),
    acquireLock: () => store.acquireLock({ token: "mine", ttlMs: 1000, label: "a node" }),
    renewLock: () => store.renewLock(lease, 1000),
    releaseLock: () => store.releaseLock(lease),
    readLock: () => store.readLock(),
    checkHealth: () => store.checkHealth!(),
  };
}
