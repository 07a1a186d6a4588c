import { isLease, type Lease, type Store } from "@beatx/core";
import type { DummyStore, DummyStoreOptions } from "@beatx/store-dummy";
import type { HammeredServer } from "../src/hammer.js";

/** A store that the hammer must break. */
export interface NegativeStore {
  /** Says what is wrong, after "a store that …". */
  readonly flaw: string;
  /** Where the report must show it. */
  readonly shownIn: "overlaps" | "fenceRegressions" | "staleWrites" | "unsettled";
  readonly server?: (backend: DummyStore) => HammeredServer;
  readonly options?: Pick<DummyStoreOptions, "capabilities">;
  readonly wrap?: (store: DummyStore) => Partial<Store>;
}

/** The backend as a server that loses its data with each restart; nobody may lead until what it forgot has run out. */
export function forgetfulServer(backend: DummyStore): HammeredServer {
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
    flaw: "releases without asking who holds the lock",
    shownIn: "overlaps",
    wrap: (store) => ({ releaseLock: async () => (store.expireLock(), true) }),
  },
  {
    flaw: "forgets its lease with a restart, and lets the next one lead at once",
    shownIn: "overlaps",
    server: (backend) => ({
      ...forgetfulServer(backend),
      restart: async () => {
        backend.expireLock();
        backend.resume();
      },
    }),
  },
  {
    flaw: "gives every term the same fence",
    shownIn: "fenceRegressions",
    wrap: (store) => alwaysWithFence(7, store),
  },
  {
    flaw: "takes moves under any lease",
    shownIn: "staleWrites",
    options: { capabilities: { fencedWrites: false } },
  },
  {
    flaw: "leaves a renewal without an answer now and then",
    shownIn: "unsettled",
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
