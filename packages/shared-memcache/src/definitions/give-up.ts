import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { newId } from "../items/keys.js";
import type { LostBuckets, ItemReferences } from "./lost-buckets.js";
import type { Manifest } from "./manifest.js";
import type { ScheduleItems } from "./schedule-items.js";

/** A state without the items that were given up. */
export interface ReducedState {
  readonly manifest: Manifest;
  readonly givenUp: ItemReferences;
}

/**
 * Makes the state without those of `missed` that the server still lacks, and writes its sections. `null`: it names none of
 * them. Another node may have restored one since the last poll.
 */
export async function withoutLost(
  commands: MemcacheCommands,
  items: ScheduleItems,
  lost: LostBuckets,
  manifest: Manifest,
  missed: readonly string[],
): Promise<ReducedState | null> {
  const state = items.keptSections(manifest);
  const named = { sections: new Set(manifest.sections), buckets: new Set(state.references()) };
  const sections = await stillMissing(commands, items.sections, missed, named.sections);
  const buckets = await stillMissing(commands, items.buckets, missed, named.buckets);
  if (sections.length + buckets.length === 0) return null;
  const next = manifest.sections.map(async (reference) => {
    const section = items.sections.peek(reference);
    if (!section?.buckets.some((bucket) => buckets.includes(bucket)))
      return sections.includes(reference) ? "" : reference;
    const kept = section.buckets.map((bucket) => (buckets.includes(bucket) ? "" : bucket));
    return items.sections.put(commands, { id: newId(), buckets: kept });
  });
  const total = lost.entriesIn(state.references().filter((reference) => !buckets.includes(reference)));
  const reduced = { sections: await Promise.all(next), number: manifest.number + 1, total: total ?? manifest.total };
  return { manifest: { ...manifest, ...reduced }, givenUp: { sections, buckets } };
}

async function stillMissing<T>(
  commands: MemcacheCommands,
  items: { fetch(commands: MemcacheCommands, references: readonly string[]): Promise<ReadonlyMap<string, T>> },
  missed: readonly string[],
  named: ReadonlySet<string>,
): Promise<string[]> {
  const candidates = missed.filter((reference) => named.has(reference));
  const found = await items.fetch(commands, candidates);
  return candidates.filter((reference) => !found.has(reference));
}
