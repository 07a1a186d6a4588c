import { dummyStore } from "@beatx/store-dummy";
import type { Store } from "@beatx/core";
import { checkValueSize } from "@beatx/core/adapter";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

const KIBIBYTE = 1024;

export const brokenClients: readonly BrokenStore[] = [
  {
    flaw: "declares another contract",
    caughtBy: "a store declares its contract, its name and its capabilities",
    subject: () => dummySubject(() => ({ contract: 0 as Store["contract"] })),
  },
  {
    flaw: "cannot be closed twice",
    caughtBy: "a store can be closed twice, and without having been used",
    subject: () =>
      dummySubject((store) => {
        let closed = false;
        return {
          close: async () => {
            if (closed) throw new Error("it is closed");
            closed = true;
            await store.close();
          },
        };
      }),
  },
  {
    flaw: "still works after it was closed",
    caughtBy: "every call on a closed store rejects and changes nothing",
    subject: () => dummySubject(() => ({ close: async () => undefined })),
  },
  {
    flaw: "releases the lock when it is closed",
    caughtBy: "closing a client does not release its lease, which another client can still renew",
    subject: () =>
      dummySubject((store) => ({
        close: async () => {
          store.expireLock();
          await store.close();
        },
      })),
  },
  {
    flaw: "closes the connection of other clients",
    caughtBy: "closing one client does not disturb the others",
    subject: () => {
      const shared = dummyStore();
      return dummySubject(() => shared);
    },
  },
  {
    flaw: "cuts off namespaces at the first colon",
    caughtBy: "two namespaces never see each other's entries",
    subject: () => {
      const subject = dummySubject();
      return { ...subject, open: (namespace) => subject.open(namespace.split(":")[0]!) };
    },
  },
  {
    flaw: "accepts texts longer than maxValueBytes",
    caughtBy: "a definition or cursor of more than maxValueBytes is refused and not stored",
    subject: () => dummySubject((store) => ({ capabilities: { ...store.capabilities, maxValueBytes: KIBIBYTE } })),
  },
  {
    flaw: "counts characters instead of bytes",
    caughtBy: "a definition or cursor of more than maxValueBytes is refused and not stored",
    subject: () =>
      dummySubject((store) => ({
        capabilities: { ...store.capabilities, maxValueBytes: KIBIBYTE },
        setSchedule: async (changes, lease) => {
          for (const { name, definition } of changes) {
            checkValueSize("broken", name, "x".repeat(definition?.length ?? 0), KIBIBYTE);
          }
          return store.setSchedule(changes, lease);
        },
        advance: async (lease, moves) => {
          for (const { name, to } of moves) checkValueSize("broken", name, "x".repeat(to.length), KIBIBYTE);
          return store.advance(lease, moves);
        },
      })),
  },
  {
    flaw: "refuses texts of maxValueBytes",
    caughtBy: "a definition and a cursor of maxValueBytes are accepted",
    subject: () =>
      dummySubject((store) => ({ capabilities: { ...store.capabilities, maxValueBytes: 1024 * KIBIBYTE + 1 } })),
  },
  {
    flaw: "gives hints after watching has ended",
    caughtBy: "a watcher that has ended gets no more hints, and the others still get theirs",
    subject: () =>
      dummySubject((store) => ({
        watch: async (onHint) => {
          await store.watch(onHint);
          return async () => undefined;
        },
      })),
  },
];
