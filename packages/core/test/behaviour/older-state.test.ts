import type { DummyStore } from "@beatx/store-dummy";
import { expect, it } from "vitest";

import type { StoredEntry } from "../../src/contract/store.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, notingLogger, range, secondsOf, world } from "../world.js";

/** The store goes back to a state in which the entry had its definition, but no cursor yet. */
async function forgetCursor(store: DummyStore, name: string): Promise<void> {
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule()).batches) entries.push(...batch);
  const { definition, revision } = entries.find((entry) => entry.name === name)!;
  await store.setSchedule([{ name, definition: null, expectedRevision: revision }]);
  await store.setSchedule([{ name, definition, expectedRevision: null }]);
}

const WENT_BACK = /went back to an older state.*\(1 entry\)/;

it.each([true, false])(
  "in one step, no stored cursor counts like an older one (within a term: %s)",
  async (isInTerm) => {
    const { clock, store, outbox, connect, lead } = world();
    const lines: string[] = [];
    await lead({ schedule: { job: everySecond }, logger: notingLogger(lines) });
    await clock.advance(4_500);
    await forgetCursor(connect(), "job");
    if (!isInTerm) store.expireLock();
    await clock.advance(10_000);
    const seconds = secondsOf(outbox.messages());
    expect(seconds.slice(0, 8)).toEqual([...range(1, 4), ...range(1, 4)]);
    expect(new Set(seconds).size).toBe(seconds.length - 4);
    expect(lines.filter((line) => WENT_BACK.test(line))).toHaveLength(1);
  },
);

it.each([true, false])(
  "in two steps on a store that loses single rows, memory is written back (within a term: %s)",
  async (isInTerm) => {
    const { clock, store, connect, client, lead } = world();
    const publisher = recordingPublisher();
    const lines: string[] = [];
    await lead({ publisher, schedule: { job: everySecond }, logger: notingLogger(lines) });
    await clock.advance(4_500);
    await forgetCursor(connect(), "job");
    if (!isInTerm) store.expireLock();
    await clock.advance(10_000);
    const seconds = secondsOf(publisher.messages);
    // Within a term, the occurrence whose move found the row missing is sent again with its id.
    expect([...new Set(seconds)]).toEqual(range(1, seconds.at(-1)!));
    expect(seconds.length - new Set(seconds).size).toBe(isInTerm ? 1 : 0);
    expect((await client.get("job"))!.runs).toBe(seconds.at(-1));
    expect(lines.filter((line) => WENT_BACK.test(line))).toEqual([]);
  },
);
