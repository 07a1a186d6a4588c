import { isLease, type Lease } from "@beatx/core/adapter";
import { dummyStore, type DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

const turn = (): Promise<void> => new Promise(setImmediate);

/** The lease with the current fence, whatever fence was sent. */
async function byTokenOnly(store: DummyStore, { token }: Lease): Promise<Lease> {
  return { token, fence: (await store.readLock())?.fence ?? 0 };
}

export const brokenLocks: readonly BrokenStore[] = [
  {
    flaw: "releases the lock of any node",
    caughtBy: "a release with the wrong token or the wrong fence is refused",
    subject: () => dummySubject((store) => ({ releaseLock: async () => (store.expireLock(), true) })),
  },
  {
    flaw: "returns true for every release",
    caughtBy: "a repeated release returns false and leaves the next leader its lease",
    subject: () =>
      dummySubject((store) => ({ releaseLock: async (lease) => store.releaseLock(lease).then(() => true) })),
  },
  {
    flaw: "releases by letting the lease run out",
    caughtBy: "after a release the next request of another node gets the lease at once",
    subject: () => dummySubject((store) => ({ releaseLock: (lease) => store.renewLock(lease, 100) })),
  },
  {
    flaw: "revives a lease at a renewal when the lock is free",
    caughtBy: "a released lease cannot be renewed, whether the lock is free or another node leads",
    subject: () =>
      dummySubject((store) => ({
        renewLock: async ({ token }, ttlMs) => isLease(await store.acquireLock({ token, ttlMs, label: "revived" })),
      })),
  },
  {
    flaw: "revives a lease although another node leads",
    caughtBy: "once another node leads, a lease that ran out cannot be renewed, released or acquired again",
    subject: () =>
      dummySubject((store) => ({
        renewLock: async (lease, ttlMs) => {
          if (await store.renewLock(lease, ttlMs)) return true;
          store.expireLock();
          return isLease(await store.acquireLock({ token: lease.token, ttlMs, label: "revived" }));
        },
      })),
  },
  {
    flaw: "compares only the token when it renews",
    caughtBy: [
      "a renewal with the wrong token or the wrong fence is refused",
      "an old lease stays invalid when its token gets a new lease",
    ],
    subject: () =>
      dummySubject((store) => ({
        renewLock: async (lease, ttlMs) => store.renewLock(await byTokenOnly(store, lease), ttlMs),
      })),
  },
  {
    flaw: "compares only the token when it releases",
    caughtBy: "a release with the wrong token or the wrong fence is refused",
    subject: () =>
      dummySubject((store) => ({ releaseLock: async (lease) => store.releaseLock(await byTokenOnly(store, lease)) })),
  },
  {
    flaw: "compares only the beginning of the token",
    caughtBy: "a token that is a prefix or an extension of the leader's is refused",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: (request) => store.acquireLock({ ...request, token: request.token.slice(0, 30) }),
        renewLock: (lease, ttlMs) => store.renewLock({ ...lease, token: lease.token.slice(0, 30) }, ttlMs),
      })),
  },
  {
    flaw: "gives the lock to every node that asks",
    caughtBy: "while one node holds the lease, every request with another token is refused",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: (request) => {
          store.expireLock();
          return store.acquireLock(request);
        },
      })),
  },
  {
    flaw: "begins a new term when the holder acquires again",
    caughtBy: "acquiring again with the same token returns the same lease",
    subject: () =>
      dummySubject((store) => {
        const held = new Map<string, Lease>();
        return {
          acquireLock: async (request) => {
            const before = held.get(request.token);
            if (before) await store.releaseLock(before);
            const answer = await store.acquireLock(request);
            if (isLease(answer)) held.set(request.token, answer);
            return answer;
          },
        };
      }),
  },
  {
    flaw: "reads the lock and writes it in a later step",
    caughtBy: "when eight nodes request a free lock at once, exactly one gets it",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: async (request) => {
          const leader = await store.readLock();
          await turn();
          if (leader) return { retryAfterMs: leader.expiresInMs, leader };
          store.expireLock();
          return store.acquireLock(request);
        },
      })),
  },
  {
    flaw: "has one lock for all namespaces",
    caughtBy: "each namespace has its own leader, and a lease is valid only in its own namespace",
    subject: () => {
      const shared = dummyStore();
      const { acquireLock, renewLock, releaseLock, readLock } = shared;
      return dummySubject(() => ({ acquireLock, renewLock, releaseLock, readLock }));
    },
  },
];
