/**
 * Stores that break one promise, each of which the hammer must catch.
 *
 * To add one, append to `negativeStores`: `flaw` completes the sentence "a store that …", `shownIn` names the field of the
 * report that must show it, and `wrap` replaces methods of a sound dummy store by broken ones. `options` and `server` serve
 * flaws of the backend. Then run `hammer.integration.test.ts`, which hammers every store of the list. A flaw that a single
 * call can show belongs in `broken/`.
 */

import type { Store } from "@beatx/core";
import { isLease, type Lease } from "@beatx/core/adapter";
import type { DummyStore, DummyStoreOptions } from "@beatx/store-dummy";
import type { HammeredServer } from "../src/hammer.js";

/** A store with one flaw that the hammer must catch. */
export interface NegativeStore {
  /** Completes "a store that …". */
  readonly flaw: string;
  /** The field of the report that must show it. */
  readonly shownIn: "overlaps" | "fenceRegressions" | "staleWrites" | "unended";
  readonly server?: (backend: DummyStore) => HammeredServer;
  readonly options?: Pick<DummyStoreOptions, "capabilities">;
  readonly wrap?: (store: DummyStore) => Partial<Store>;
}

/** A server that loses its data at each restart. No node may lead until the lost lease would have run out. */
export function losingServer(backend: DummyStore): HammeredServer {
  return {
    pause: () => backend.pause(),
    resume: () => backend.resume(),
    kill: async () => backend.pause(),
    restart: async () => {
      backend.wipe();
      backend.resume();
    },
  };
}

export const negativeStores: readonly NegativeStore[] = [
  {
    flaw: "ends a lease before its lifetime",
    shownIn: "overlaps",
    wrap: (store) => ({
      acquireLock: (request) => store.acquireLock({ ...request, ttlMs: request.ttlMs / 2 }),
      renewLock: (lease, ttlMs) => store.renewLock(lease, ttlMs / 2),
    }),
  },
  {
    flaw: "releases the lock of any node",
    shownIn: "overlaps",
    wrap: (store) => ({ releaseLock: async () => (store.expireLock(), true) }),
  },
  {
    flaw: "loses its lease at a restart and lets the next node lead at once",
    shownIn: "overlaps",
    // It is back at once: on a slow machine the lost lease would end during an outage.
    server: (backend) => ({
      pause: () => backend.expireLock(),
      resume: () => undefined,
      kill: async () => backend.expireLock(),
      restart: async () => undefined,
    }),
  },
  {
    flaw: "gives every term the same fence",
    shownIn: "fenceRegressions",
    wrap: (store) => alwaysWithFence(7, store),
  },
  {
    flaw: "accepts moves under any lease",
    shownIn: "staleWrites",
    options: { capabilities: { fencedWrites: false } },
  },
  {
    flaw: "leaves every fourth renewal without an answer",
    shownIn: "unended",
    wrap: (store) => {
      let renewals = 0;
      return {
        renewLock: (lease, ttlMs) => {
          renewals += 1;
          return renewals % 4 === 0 ? new Promise(() => undefined) : store.renewLock(lease, ttlMs);
        },
      };
    },
  },
];

function alwaysWithFence(fence: number, store: DummyStore): Partial<Store> {
  const fences = new Map<string, number>();
  const real = ({ token }: Lease): Lease => ({ token, fence: fences.get(token) ?? 0 });
  return {
    async acquireLock(request) {
      const answer = await store.acquireLock(request);
      if (!isLease(answer)) return answer;
      fences.set(answer.token, answer.fence);
      return { token: answer.token, fence };
    },
    renewLock: (lease, ttlMs) => store.renewLock(real(lease), ttlMs),
    releaseLock: (lease) => store.releaseLock(real(lease)),
    advance: (lease, moves) => store.advance(real(lease), moves),
  };
}
