import { isLease, type Lease } from "@beatx/core";
import { dummyStore, type DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

const tick = (): Promise<void> => new Promise(setImmediate);

/** The lease whose holder sent the token, whatever its fence says. */
async function byTokenOnly(store: DummyStore, { token }: Lease): Promise<Lease> {
  return { token, fence: (await store.readLock())?.fence ?? 0 };
}

export const brokenLocks: readonly BrokenStore[] = [
  {
    flaw: "releases without asking who holds the lock",
    caughtBy: "a lease with another token or another fence releases nothing",
    subject: () => dummySubject((store) => ({ releaseLock: async () => (store.expireLock(), true) })),
  },
  {
    flaw: "says of every release that the lock was ours",
    caughtBy: "a release can be repeated, and the repetition says that nothing was held",
    subject: () =>
      dummySubject((store) => ({ releaseLock: async (lease) => store.releaseLock(lease).then(() => true) })),
  },
  {
    flaw: "releases by letting the lease run out",
    caughtBy: "a release hands over at once: the first ask of another node succeeds",
    subject: () => dummySubject((store) => ({ releaseLock: (lease) => store.renewLock(lease, 100) })),
  },
  {
    flaw: "revives a lease by a renewal when the lock is free",
    caughtBy: "a released lease is never renewed, whether the lock is free or another node leads",
    subject: () =>
      dummySubject((store) => ({
        renewLock: async ({ token }, ttlMs) => isLease(await store.acquireLock({ token, ttlMs, label: "revived" })),
      })),
  },
  {
    flaw: "revives a lease over the next leader's",
    caughtBy: "a leader whose lease ran out cannot renew, release or get back its term once another node leads",
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
    flaw: "compares the token alone when it renews",
    caughtBy: [
      "a lease with another token or another fence renews nothing",
      "a token that comes back under a newer fence does not bring back its old lease",
    ],
    subject: () =>
      dummySubject((store) => ({
        renewLock: async (lease, ttlMs) => store.renewLock(await byTokenOnly(store, lease), ttlMs),
      })),
  },
  {
    flaw: "compares the token alone when it releases",
    caughtBy: "a lease with another token or another fence releases nothing",
    subject: () =>
      dummySubject((store) => ({ releaseLock: async (lease) => store.releaseLock(await byTokenOnly(store, lease)) })),
  },
  {
    flaw: "compares the beginning of the token",
    caughtBy: "a token that only begins like the leader's is a stranger's",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: (request) => store.acquireLock({ ...request, token: request.token.slice(0, 30) }),
        renewLock: (lease, ttlMs) => store.renewLock({ ...lease, token: lease.token.slice(0, 30) }, ttlMs),
      })),
  },
  {
    flaw: "gives the lock to whoever asks",
    caughtBy: "while one node holds the lease, another one is refused",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: (request) => {
          store.expireLock();
          return store.acquireLock(request);
        },
      })),
  },
  {
    flaw: "begins a new term when the holder asks again",
    caughtBy: "asking again with the token that holds the lock answers the same lease",
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
    flaw: "reads the lock, then writes it",
    caughtBy: "of eight nodes that ask for a free lock at the same moment exactly one leads",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: async (request) => {
          const leader = await store.readLock();
          await tick();
          if (leader) return { retryAfterMs: leader.expiresInMs, leader };
          store.expireLock();
          return store.acquireLock(request);
        },
      })),
  },
  {
    flaw: "has one lock for all namespaces",
    caughtBy: "two namespaces have a leader each, and a lease counts in its own only",
    subject: () => {
      const shared = dummyStore();
      const { acquireLock, renewLock, releaseLock, readLock } = shared;
      return dummySubject(() => ({ acquireLock, renewLock, releaseLock, readLock }));
    },
  },
];
