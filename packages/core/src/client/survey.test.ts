import { describe, expect, it } from "vitest";

import { everySecond, world } from "../../test/world.js";
import type { Store, StoredEntry } from "../contract/store.js";
import type { EntryInput } from "../entry/entry.js";
import { createClient } from "./store-client.js";

const hourly: EntryInput = { task: "t", schedule: "1h" };

/** The store, whose schedule comes in parts of this size. */
function inParts(store: Store, size: number): Store {
  const getSchedule: Store["getSchedule"] = async (since) => {
    const reading = await store.getSchedule(since);
    const all: StoredEntry[] = [];
    for await (const batch of reading.batches) all.push(...batch);
    const batches = (async function* () {
      for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
    })();
    return { ...reading, batches };
  };
  return { ...store, getSchedule };
}

describe("a status", () => {
  it("is the same however many parts the schedule is read in", async () => {
    const { client, clock, store, lead } = world();
    // Periods in seconds that no two of the next instants share.
    const periods = [61, 67, 71, 73, 79, 83, 89, 97, 101];
    const schedule = Object.fromEntries(periods.map((s, at) => [`e${at + 1}`, { task: "t", schedule: `${s}s` }]));
    const beat = await lead({ schedule });
    await clock.advance(600_000);
    await client.put("edited", hourly);
    await client.put("gone", hourly);
    await client.remove("gone");
    await client.put("e1", { ...hourly, args: [1] });
    await store.setSchedule(["torn", "rent"].map((name) => ({ name, definition: "{", expectedRevision: null })));
    await client.runNow("e2");
    await beat.stop();
    await clock.advance(400_000);
    for (const configuration of [{ schedule }, { schedule: { other: everySecond } }, { schedule: { torn: hourly } }]) {
      const [whole, ...others] = await Promise.all(
        [1_000, 1, 2, 3].map((size) => createClient({ store: inParts(store, size), clock, configuration }).status(4)),
      );
      expect(others).toEqual([whole, whole, whole]);
      expect([whole!.entries, whole!.broken.length, whole!.removed.length, whole!.next.length]).toEqual([10, 2, 1, 4]);
      expect(whole!.next.map(({ runAt }) => runAt)).toEqual(whole!.next.map(({ runAt }) => runAt).toSorted());
      expect(whole!.warnings.join()).toMatch(/1 entry differs/);
      const isForeign = whole!.problems.some(({ kind }) => kind === "foreign-configuration");
      expect(isForeign).toBe("other" in configuration.schedule);
    }
  });
});
