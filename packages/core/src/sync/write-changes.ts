import type { DefinitionChange, Lease } from "../contract/store.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { Timetable } from "../timetable/timetable.js";

export interface WriteContext {
  readonly store: StoreWithDeadlines;
  readonly timetable: Timetable;
  /** Called after each batch that was written: a large schedule takes its time, and that is no standstill (R9). */
  readonly onBatch?: () => void;
}

/** Writes go out in batches of so many. */
const BATCH = 200;

/** Writes definitions and takes the new revisions over into memory. `false`: some had changed meanwhile. */
export async function writeChanges(
  lease: Lease,
  { store, timetable, onBatch }: WriteContext,
  changes: readonly DefinitionChange[],
): Promise<boolean> {
  let clean = true;
  for (const batch of inBatches(changes)) {
    const results = await store.setSchedule(batch, lease);
    onBatch?.();
    results.forEach((result, index) => {
      const { name, definition } = batch[index]!;
      if (result.status === "conflict") clean = false;
      else timetable.apply({ name, definition, revision: result.revision, cursor: timetable.cursorText(name) }, false);
    });
  }
  return clean;
}

export function* inBatches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}
