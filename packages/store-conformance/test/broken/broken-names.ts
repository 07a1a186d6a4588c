import type { StoredEntry } from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

type Names = readonly string[];

/** Changes what is read by name. */
function withNames(
  change: (store: DummyStore, names: Names) => Promise<readonly StoredEntry[]>,
): BrokenStore["subject"] {
  return () => dummySubject((store) => ({ getEntries: (names) => change(store, names) }));
}

const AS_A_READING = "entries that are read by name are those of a complete reading, with their cursors";
const LEFT_OUT = "names that do not exist, or exist no more, are left out when entries are read by name";
const ANSWERED = "an entry that is read by name shows every change that was answered before";

export const brokenNames: readonly BrokenStore[] = [
  {
    flaw: "reads entries by name without their cursors",
    caughtBy: [AS_A_READING, ANSWERED],
    subject: withNames(async (store, names) => {
      return (await store.getEntries(names)).map((entry) => ({ ...entry, cursor: null }));
    }),
  },
  {
    flaw: "answers the schedule's revision with an entry",
    caughtBy: AS_A_READING,
    subject: withNames(async (store, names) => {
      const revision = await store.getRevision();
      return (await store.getEntries(names)).map((entry) => ({ ...entry, revision }));
    }),
  },
  {
    flaw: "answers names that do not exist, without a definition",
    caughtBy: LEFT_OUT,
    subject: withNames(async (store, names) => {
      const found = new Map((await store.getEntries(names)).map((entry) => [entry.name, entry]));
      return names.map((name) => found.get(name) ?? { name, definition: null, revision: "", cursor: null });
    }),
  },
  {
    flaw: "answers all entries when it is asked for none",
    caughtBy: LEFT_OUT,
    subject: withNames(async (store, names) => {
      return names.length > 0 ? store.getEntries(names) : (await store.listEntries({ limit: 1000 })).entries;
    }),
  },
  {
    flaw: "reads an entry by name from its memory",
    caughtBy: ANSWERED,
    subject: () => {
      const read = new Map<string, readonly StoredEntry[]>();
      return dummySubject((store, namespace) => ({
        getEntries: async (names) => {
          const key = JSON.stringify([namespace, names]);
          const entries = read.get(key) ?? (await store.getEntries(names));
          read.set(key, entries);
          return entries;
        },
      }));
    },
  },
  {
    flaw: "reads the first thousand of many names",
    caughtBy: "thousands of entries are read by name in one call",
    subject: withNames((store, names) => store.getEntries(names.slice(0, 1000))),
  },
  {
    flaw: "trims the names by which entries are read",
    caughtBy: "an entry of any name is read by its name, and no other one with it",
    subject: withNames((store, names) => store.getEntries(names.map((name) => name.trim()))),
  },
  {
    flaw: "reads entries by name without regard to case",
    caughtBy: "an entry of any name is read by its name, and no other one with it",
    subject: withNames(async (store, names) => {
      const { entries } = await store.listEntries({ limit: 1e6 });
      const wanted = new Set(names.map((name) => name.toLowerCase()));
      return entries.filter(({ name }) => wanted.has(name.toLowerCase()));
    }),
  },
];
