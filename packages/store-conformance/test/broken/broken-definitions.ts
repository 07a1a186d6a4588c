import type { ChangeResult, DefinitionChange, StoredEntry } from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";
import { withBatches } from "../with-batches.js";

const turn = (): Promise<void> => new Promise(setImmediate);

async function find(store: DummyStore, name: string): Promise<StoredEntry | null> {
  for await (const batch of (await store.getSchedule()).batches) {
    for (const entry of batch) if (entry.name === name) return entry;
  }
  return null;
}

/** Writes each change over whatever is stored at that moment. */
async function writeRegardless(store: DummyStore, changes: readonly DefinitionChange[]): Promise<ChangeResult[]> {
  const results: ChangeResult[] = [];
  for (const change of changes) {
    const expectedRevision = (await find(store, change.name))?.revision ?? null;
    results.push(...(await store.setSchedule([{ ...change, expectedRevision }])));
  }
  return results;
}

export const brokenDefinitions: readonly BrokenStore[] = [
  {
    flaw: "writes definitions without comparing revisions",
    caughtBy: "creating an entry that exists is a conflict, which returns the stored entry",
    subject: () => dummySubject((store) => ({ setSchedule: (changes) => writeRegardless(store, changes) })),
  },
  {
    flaw: "compares revisions, and writes in a later step",
    caughtBy: [
      "when eight nodes create the same entry at once, exactly one succeeds",
      "when eight nodes increment one definition at once, no increment is lost",
    ],
    subject: () =>
      dummySubject((store) => ({
        setSchedule: async (changes) => {
          const [change] = changes;
          const entry = await find(store, change!.name);
          await turn();
          const matches = (entry?.revision ?? null) === change!.expectedRevision;
          return matches ? writeRegardless(store, changes) : [{ status: "conflict", entry }];
        },
      })),
  },
  {
    flaw: "does not return the stored entry with a conflict",
    caughtBy: "replacing or removing an old revision of an entry is a conflict, which returns the stored entry",
    subject: () =>
      dummySubject((store) => ({
        setSchedule: async (changes, lease) => {
          const results = await store.setSchedule(changes, lease);
          return results.map((result) => (result.status === "conflict" ? { ...result, entry: null } : result));
        },
      })),
  },
  {
    flaw: "ends a batch of changes at the first conflict",
    caughtBy: "each change of a batch succeeds or conflicts on its own, and the results keep the order",
    subject: () =>
      dummySubject((store) => ({
        setSchedule: async (changes) => {
          const results: ChangeResult[] = [];
          for (const change of changes) {
            results.push(...(await store.setSchedule([change])));
            if (results.at(-1)?.status === "conflict") break;
          }
          return results;
        },
      })),
  },
  {
    flaw: "keeps the cursor of a removed entry",
    caughtBy: "an entry that is removed and created again has no cursor",
    subject: () => {
      const kept = new Map<string, string | null>();
      return dummySubject((store) => ({
        setSchedule: async (changes, lease) => {
          for (const { name, definition } of changes) {
            if (definition === null) kept.set(name, (await find(store, name))?.cursor ?? null);
          }
          return store.setSchedule(changes, lease);
        },
        ...withBatches(store, (batch) =>
          batch.map((entry) => ({ ...entry, cursor: entry.cursor ?? kept.get(entry.name) ?? null })),
        ),
      }));
    },
  },
  {
    flaw: "loses the cursor when the definition is replaced",
    caughtBy: "replacing a definition keeps the cursor",
    subject: () =>
      dummySubject((store) => ({
        setSchedule: async (changes, lease) => {
          const removals = changes.filter(({ definition, expectedRevision }) => definition && expectedRevision);
          await store.setSchedule(
            removals.map((change) => ({ ...change, definition: null })),
            lease,
          );
          const replaced = new Set(removals.map(({ name }) => name));
          const creations = changes.map((change) =>
            replaced.has(change.name) ? { ...change, expectedRevision: null } : change,
          );
          return store.setSchedule(creations, lease);
        },
      })),
  },
  {
    flaw: "derives revisions from the text",
    caughtBy: "each write gives an entry a new revision, even for the same text and after a removal",
    subject: () =>
      dummySubject((store) => ({
        setSchedule: async (changes, lease) => {
          const results = await Promise.all(
            changes.map(async (change) => {
              const stored = await find(store, change.name);
              const matches = (stored?.definition ?? null) === change.expectedRevision;
              const expectedRevision = matches ? (stored?.revision ?? null) : "no match";
              return (await store.setSchedule([{ ...change, expectedRevision }], lease))[0]!;
            }),
          );
          return results.map((result, index) =>
            result.status === "done" ? { ...result, revision: changes[index]!.definition ?? "" } : result,
          );
        },
      })),
  },
  {
    flaw: "keeps the schedule's revision when an entry is removed",
    caughtBy: "creating, replacing or removing an entry gives the schedule a revision that it never had before",
    subject: () => {
      let shown: string | undefined;
      return dummySubject((store) => ({
        getRevision: async () => (shown ??= await store.getRevision()),
        setSchedule: async (changes, lease) => {
          if (changes.some(({ definition }) => definition !== null)) shown = undefined;
          return store.setSchedule(changes, lease);
        },
      }));
    },
  },
  {
    flaw: "changes the schedule's revision with each move of a cursor",
    caughtBy: "moving a cursor changes neither the schedule's revision nor the entry's",
    subject: () => {
      let moves = 0;
      return dummySubject((store) => ({
        getRevision: async () => `${await store.getRevision()}-${moves}`,
        advance: async (lease, some) => {
          moves += some.length;
          return store.advance(lease, some);
        },
      }));
    },
  },
];
