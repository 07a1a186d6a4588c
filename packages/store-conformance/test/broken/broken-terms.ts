import type { LeaderInfo, Store } from "@beatx/core";
import { isLease, type Lease } from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

/** Replaces the dummy's fences by those of `fenceOf` in its leases, and translates them back. */
function withFences(store: DummyStore, fenceOf: (fence: number) => number): Partial<Store> {
  const real = new Map<string, Lease>();
  const realOf = (lease: Lease): Lease => real.get(lease.token) ?? lease;
  return {
    acquireLock: async (request) => {
      const answer = await store.acquireLock(request);
      if (!isLease(answer)) return answer;
      real.set(answer.token, answer);
      return { ...answer, fence: fenceOf(answer.fence) };
    },
    renewLock: (lease, ttlMs) => store.renewLock(realOf(lease), ttlMs),
    releaseLock: (lease) => store.releaseLock(realOf(lease)),
  };
}

/** Changes every answer of `readLock` that names a leader. */
function withLeader(store: DummyStore, change: (info: LeaderInfo) => LeaderInfo): Partial<Store> {
  return {
    readLock: async () => {
      const info = await store.readLock();
      return info && change(info);
    },
  };
}

export const brokenTerms: readonly BrokenStore[] = [
  {
    flaw: "grants shorter leases than requested",
    caughtBy: "a lease that is not renewed goes to another node, but never before its lifetime has passed",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: (request) => store.acquireLock({ ...request, ttlMs: request.ttlMs * 0.7 }),
      })),
  },
  {
    flaw: "rounds lifetimes down to its resolution",
    caughtBy: "a lease lives its whole lifetime, whatever the phase of the backend's clock",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: (request) => store.acquireLock({ ...request, ttlMs: Math.floor(request.ttlMs / 150) * 150 }),
      })),
  },
  {
    flaw: "renews for a shorter time than requested",
    caughtBy: "a renewed lease lives a whole lifetime from when the renewal was sent",
    subject: () => dummySubject((store) => ({ renewLock: (lease, ttlMs) => store.renewLock(lease, ttlMs * 0.7) })),
  },
  {
    flaw: "does not extend the lease when its holder acquires it again",
    caughtBy: "a lease acquired again with the same token lives a whole lifetime from when the request was sent",
    subject: () =>
      dummySubject((store) => {
        const held = new Map<string, Lease>();
        return {
          acquireLock: async (request) => {
            const before = held.get(request.token);
            if (before) return before;
            const answer = await store.acquireLock(request);
            if (isLease(answer)) held.set(request.token, answer);
            return answer;
          },
        };
      }),
  },
  {
    flaw: "always advises to ask again at once",
    caughtBy: "a standby that waits retryAfterMs after each refusal gets the lease soon after it runs out",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: async (request) => {
          const answer = await store.acquireLock(request);
          return isLease(answer) ? answer : { ...answer, retryAfterMs: 0 };
        },
      })),
  },
  {
    flaw: "numbers terms by the second",
    caughtBy: "the fence rises with every acquisition, even with several in one millisecond",
    subject: () => dummySubject((store) => withFences(store, (fence) => Math.ceil(fence / 1000) * 1000)),
  },
  {
    flaw: "counts terms from one",
    caughtBy: "the fence is a whole number, not less than the clock in milliseconds",
    subject: () => {
      let count = 0;
      return dummySubject((store) => withFences(store, () => (count += 1)));
    },
  },
  {
    flaw: "grants the lock in the last third of another node's lease",
    caughtBy: "two nodes never lead at once while eight compete, release and die",
    subject: () =>
      dummySubject((store) => ({
        acquireLock: async (request) => {
          const leader = await store.readLock();
          if (leader && leader.expiresInMs < request.ttlMs / 3) store.expireLock();
          return store.acquireLock(request);
        },
      })),
  },
  {
    flaw: "shows the token as the label",
    caughtBy: "only the holder of a lease ever sees its token",
    subject: () =>
      dummySubject((store) => ({ acquireLock: (request) => store.acquireLock({ ...request, label: request.token }) })),
  },
  {
    flaw: "moves the start of the term with each reading",
    caughtBy: "a term starts when the lock is acquired, and renewals do not move its start",
    subject: () => {
      let reads = 0;
      return dummySubject((store) => withLeader(store, (info) => ({ ...info, since: info.since + (reads += 1) })));
    },
  },
  {
    flaw: "lets a node lead right after a loss of data",
    caughtBy: "after a loss of data no node leads before the lost lease would have run out",
    subject: () => {
      const opened: DummyStore[] = [];
      const subject = dummySubject((store) => (opened.push(store), {}));
      return { ...subject, loseMemory: async () => opened.forEach((store) => store.expireLock()) };
    },
  },
];
