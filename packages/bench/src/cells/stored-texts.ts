/** Definitions and cursors as beatx writes them, without knowing how they look: a beat writes one of each, which is copied. */

import { createClient } from "@beatx/core";
import { FakeClock } from "@beatx/core/testing";
import type { Store, StoredEntry } from "@beatx/core/adapter";
import { dummyStore } from "@beatx/store-dummy";
import { benchBeat, tickUntilLeading } from "./bench-beat.js";
import { every, nameOf, NAMESPACE, rareRule, sampleEntry } from "./sample.js";
import { takeLease } from "./stores.js";
import type { EntryInput } from "@beatx/core";

/** Makes the stored texts of the entry of an index. */
export interface StoredTexts {
  readonly definition: (index: number) => string;
  readonly cursor: string;
}

/** The index of the entry that is copied; no other number of its texts has these digits. */
const COPIED = 987_654_321;
const RULES = 50;
const TOGETHER = 500;

/** `rule`: of the entry with that index; it repeats after 50 indexes. Default: rules that are rarely due. */
export async function storedTexts(rule: (index: number) => EntryInput["schedule"] = rareRule): Promise<StoredTexts> {
  const store = dummyStore({ namespace: NAMESPACE });
  const client = createClient({ store, namespace: NAMESPACE });
  const texts: string[] = [];
  for (let index = 0; index < RULES; index++) {
    await client.put(nameOf(index), { ...sampleEntry(COPIED, rule(index)) });
    texts.push((await readEntries(store)).find(({ name }) => name === nameOf(index))!.definition!);
  }
  await client.close();
  await store.close();
  const parts = texts.map((text) => text.split(String(COPIED)));
  return { cursor: await someCursor(), definition: (index) => parts[index % RULES]!.join(String(index)) };
}

/** The cursor of an entry that has run. */
async function someCursor(): Promise<string> {
  const clock = new FakeClock(Math.floor(Date.now() / 1_000) * 1_000);
  const store = dummyStore({ namespace: NAMESPACE, clock });
  const schedule = { [nameOf(0)]: sampleEntry(0, every(1_000)) };
  const bench = benchBeat({ store, publisher: async () => {}, schedule, clock });
  await tickUntilLeading(bench);
  await clock.advance(1_000);
  for (let tick = 0; tick < 3; tick++) await bench.beat.tick();
  const cursor = (await readEntries(store)).find(({ name }) => name === nameOf(0))?.cursor;
  await bench.beat.stop();
  if (!cursor) throw new Error("the sample entry has no cursor after its run");
  return cursor;
}

async function readEntries(store: Store): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule()).batches) entries.push(...batch);
  return entries;
}

/** Writes `count` entries with cursors into the store, past any client and leader. */
export async function fillStore(store: Store, count: number, { definition, cursor }: StoredTexts): Promise<void> {
  const lease = await takeLease(store, 600_000);
  for (let from = 0; from < count; from += TOGETHER) {
    const names = Array.from({ length: Math.min(TOGETHER, count - from) }, (_, index) => from + index);
    const changes = names.map((index) => ({
      name: nameOf(index),
      definition: definition(index),
      expectedRevision: null,
    }));
    await store.setSchedule(changes, lease);
    const moves = names.map((index) => ({
      name: nameOf(index),
      from: null,
      to: cursor,
      definitionRevision: null,
      dueAt: 0,
    }));
    await store.advance(lease, moves);
  }
  await store.releaseLock(lease);
}
