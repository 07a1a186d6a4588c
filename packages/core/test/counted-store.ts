import type { DummyStore } from "@beatx/store-dummy";

import type { Store } from "../src/contract/store.js";

/** The work that a store was asked for. */
export interface CountedWork {
  /** Calls of each method. */
  readonly calls: Record<string, number>;
  /** Entries that were read, by whatever method. */
  entries: number;
  /** Characters of their definitions and cursors. */
  characters: number;
}

/** The store, and a count of what is asked of it from now on. */
export function countWork(store: DummyStore): { readonly store: Store; readonly work: CountedWork } {
  const work: CountedWork = { calls: {}, entries: 0, characters: 0 };
  const counted = Object.entries(store).map(([method, value]: [string, unknown]) => {
    if (typeof value !== "function") return [method, value] as const;
    const call = (...args: unknown[]): unknown => {
      work.calls[method] = (work.calls[method] ?? 0) + 1;
      return (value as (...all: unknown[]) => unknown)(...args);
    };
    return [method, call] as const;
  });
  const all = Object.fromEntries(counted) as unknown as DummyStore;
  const note = (entries: Awaited<ReturnType<Store["getEntries"]>>): void => {
    work.entries += entries.length;
    for (const { definition, cursor } of entries) work.characters += (definition?.length ?? 0) + (cursor?.length ?? 0);
  };
  const { getEntries, listEntries, getSchedule } = all;
  return {
    work,
    store: {
      ...all,
      getEntries: async (names) => {
        const entries = await getEntries(names);
        note(entries);
        return entries;
      },
      listEntries: async (request) => {
        const page = await listEntries(request);
        note(page.entries);
        return page;
      },
      getSchedule: async (since) => {
        const reading = await getSchedule(since);
        const batches = (async function* () {
          for await (const batch of reading.batches) {
            note(batch);
            yield batch;
          }
        })();
        return { ...reading, batches };
      },
    },
  };
}

/** The number of calls in all. */
export function callsOf({ calls }: CountedWork): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
