import { randomUUID } from "node:crypto";
import type { Store } from "@beatx/core";
import type { ConformanceCase, StoreUnderTest } from "./cases/conformance-case.js";

const DEFAULT_TTL_MS = 200;

/**
 * Runs one case on two new clients in a new namespace, then closes all clients. Resolves to `false` when the case does not
 * apply to the store; rejects when the store breaks its promise.
 */
export async function runCase(conformanceCase: ConformanceCase, subject: StoreUnderTest): Promise<boolean> {
  const opened: Store[] = [];
  const namespace = `conformance-${randomUUID()}`;
  const open = async (other = namespace): Promise<Store> => {
    const store = await subject.open(other);
    opened.push(store);
    return store;
  };
  try {
    const [nodeA, nodeB] = [await open(), await open()];
    if (conformanceCase.needs?.(nodeA, subject) === false) return false;
    const ttlMs = subject.ttlMs ?? Math.max(DEFAULT_TTL_MS, nodeA.capabilities.lockResolutionMs);
    await conformanceCase.run({ nodeA, nodeB, namespace, ttlMs, subject, open });
    return true;
  } finally {
    await Promise.allSettled(opened.map((store) => store.close()));
  }
}
