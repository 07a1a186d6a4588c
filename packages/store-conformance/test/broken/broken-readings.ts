import type { StoredEntry } from "@beatx/core/adapter";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";
import { withBatches } from "../with-batches.js";

export const brokenReadings: readonly BrokenStore[] = [
  {
    flaw: "leaves removals out of partial readings",
    caughtBy: "a reading since a revision holds everything created, replaced or removed after it",
    subject: () =>
      dummySubject((store) => withBatches(store, (batch) => batch.filter(({ definition }) => definition !== null))),
  },
  {
    flaw: "returns an empty reading since an unknown revision",
    caughtBy: "a reading since an unknown revision is complete",
    subject: () =>
      dummySubject((store) => ({
        getSchedule: async (since) => {
          const reading = await store.getSchedule(since);
          if (since === undefined || !reading.complete) return reading;
          return { ...reading, complete: false, batches: (async function* () {})() };
        },
      })),
  },
  {
    flaw: "takes the schedule's revision after the reading",
    caughtBy: "a change made during a reading is found by the next one, since its revision",
    subject: () => {
      let latest = "";
      return dummySubject((store) => ({
        setSchedule: async (changes, lease) => {
          const results = await store.setSchedule(changes, lease);
          latest = await store.getRevision();
          return results;
        },
        getSchedule: async (since) => {
          const { complete, batches } = await store.getSchedule(since);
          return {
            complete,
            batches,
            get revision() {
              return latest;
            },
          };
        },
      }));
    },
  },
  {
    flaw: "returns an entry in two batches",
    caughtBy: "thousands of entries come in batches, each name once and with its own definition",
    subject: () => {
      let first: StoredEntry | undefined;
      return dummySubject((store) =>
        withBatches(store, (batch) => (first ? [...batch, first] : ((first = batch[0]), batch))),
      );
    },
  },
  {
    flaw: "reads everything in one batch",
    caughtBy: "thousands of entries come in batches, each name once and with its own definition",
    subject: () =>
      dummySubject((store) => ({
        getSchedule: async (since) => {
          const reading = await store.getSchedule(since);
          const batches = (async function* () {
            const all: StoredEntry[] = [];
            for await (const batch of reading.batches) all.push(...batch);
            yield all;
          })();
          return { ...reading, batches };
        },
      })),
  },
  {
    flaw: "normalizes Unicode in names",
    caughtBy: "every name is stored unchanged, and names that look alike are different entries",
    subject: () =>
      dummySubject((store) =>
        withBatches(store, (batch) => batch.map((entry) => ({ ...entry, name: entry.name.normalize("NFC") }))),
      ),
  },
  {
    flaw: "keeps entries in a plain object",
    caughtBy: "every name is stored unchanged, and names that look alike are different entries",
    subject: () =>
      dummySubject((store) => withBatches(store, (batch) => batch.filter(({ name }) => name !== "__proto__"))),
  },
];
