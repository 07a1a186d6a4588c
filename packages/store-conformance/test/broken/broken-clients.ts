import { dummyStore } from "@beatx/store-dummy";
import type { Store } from "@beatx/core";
import { checkValueSize } from "@beatx/core/adapter";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

const KIBIBYTE = 1024;

export const brokenClients: readonly BrokenStore[] = [
  {
    flaw: "was built for another contract",
    caughtBy: "a store says what it is and what it can do",
    subject: () => dummySubject(() => ({ contract: 0 as Store["contract"] })),
  },
  {
    flaw: "cannot be closed twice",
    caughtBy: "a store can be closed twice, and also without ever having been used",
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
    flaw: "goes on after it was closed",
    caughtBy: "every call of a closed store rejects, and none is carried out",
    subject: () => dummySubject(() => ({ close: async () => undefined })),
  },
  {
    flaw: "gives the lock up when it is closed",
    caughtBy: "closing a client does not give up its lease: another client can go on with it",
    subject: () =>
      dummySubject((store) => ({
        close: async () => {
          store.expireLock();
          await store.close();
        },
      })),
  },
  {
    flaw: "closes what other clients use",
    caughtBy: "closing one client leaves the others at work",
    subject: () => {
      const shared = dummyStore();
      return dummySubject(() => shared);
    },
  },
  {
    flaw: "cuts namespaces at the first colon",
    caughtBy: "two namespaces never see each other's entries",
    subject: () => {
      const subject = dummySubject();
      return { ...subject, open: (namespace) => subject.open(namespace.split(":")[0]!) };
    },
  },
  {
    flaw: "takes longer texts than it says",
    caughtBy: "a definition or cursor that is longer, counted in bytes, is refused and not stored",
    subject: () => dummySubject((store) => ({ capabilities: { ...store.capabilities, maxValueBytes: KIBIBYTE } })),
  },
  {
    flaw: "counts characters instead of bytes",
    caughtBy: "a definition or cursor that is longer, counted in bytes, is refused and not stored",
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
    flaw: "takes shorter texts than it says",
    caughtBy: "a text of the greatest length is taken",
    subject: () =>
      dummySubject((store) => ({ capabilities: { ...store.capabilities, maxValueBytes: 1024 * KIBIBYTE + 1 } })),
  },
  {
    flaw: "does not stop hinting",
    caughtBy: "no hints come after watching has ended, and other watchers get theirs",
    subject: () =>
      dummySubject((store) => ({
        watch: async (onHint) => {
          await store.watch(onHint);
          return async () => undefined;
        },
      })),
  },
];
