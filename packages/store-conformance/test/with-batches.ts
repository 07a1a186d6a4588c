import type { Store } from "@beatx/core";
import type { ScheduleReading, StoredEntry } from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";

type Batch = readonly StoredEntry[];

/** Changes every batch on its way to the reader. */
export function withBatches(
  store: DummyStore,
  change: (batch: Batch, reading: ScheduleReading) => Batch,
): Partial<Store> {
  return {
    getSchedule: async (since) => {
      const reading = await store.getSchedule(since);
      const batches = (async function* () {
        for await (const batch of reading.batches) yield change(batch, reading);
      })();
      return { ...reading, batches };
    },
  };
}
