import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { endsWithin, everySecond, notingLogger, range, rolesOf, secondsOf, START, world } from "../../test/world.js";
import { StoreError } from "../base/errors.js";
import { encodeDefinition } from "../entry/definition.js";
import type { EntryInput } from "../entry/entry.js";
import { interval } from "../schedule/index.js";
import type { FakeClock } from "../testing/fake-clock.js";

/** Reads entry by entry, and each takes so long. */
function slowReader(store: DummyStore, clock: FakeClock, ms: number): DummyStore {
  return {
    ...store,
    async getSchedule(since) {
      const reading = await store.getSchedule(since);
      async function* batches(): typeof reading.batches {
        for await (const batch of reading.batches) {
          for (const entry of batch) {
            await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
            yield [entry];
          }
        }
      }
      return { ...reading, batches: batches() };
    },
  };
}

describe("a new leader", () => {
  it("that reads the schedule for longer than it may make no progress completes it, and then leads", async () => {
    const { clock, store, outbox, create } = world();
    const definition = encodeDefinition({
      kind: "entry",
      source: "api",
      effectiveFrom: START,
      paused: false,
      overridden: false,
      entry: { task: "t", schedule: { type: "interval", everyMs: 3_600_000 } },
    });
    const changes = range(1, 45).map((n) => ({ name: `entry-${n}`, definition, expectedRevision: null }));
    await store.setSchedule(changes);
    const beat = create({ store: slowReader(store, clock, 1_000), schedule: { ping: everySecond } });
    const roles = rolesOf(beat);
    await beat.start();
    await clock.advance(300_000);
    expect(roles).toEqual(["standby: joined", "leader"]);
    expect(secondsOf(outbox.messages(), "ping").at(-1)).toBeGreaterThan(290);
  });

  it("stays it when a write is refused that came under its lease of before", async () => {
    const { clock, store, run } = world();
    const publisher = (): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, 4_500));
    const schedule = { job: { task: "t", schedule: interval("1m", { anchor: START + 2_000 }) } };
    const beat = await run({ publisher, schedule, standbyPollMs: 1_000 });
    const roles = rolesOf(beat);
    await clock.advance(62_500);
    store.expireLock();
    roles.splice(0);
    await clock.advance(20_000);
    expect(roles).toEqual(["standby: refused by the store", "leader"]);
  });
});

/** The entries `entry 0`, `entry 1`, … of a configuration. */
function manyEntries(count: number): Record<string, EntryInput> {
  return Object.fromEntries(range(0, count - 1).map((n) => [`entry ${n}`, { task: "t", schedule: "1d" }]));
}

describe("a take-over", () => {
  it("ends although the store cannot say how it is", async () => {
    const { clock, store, outbox, run } = world();
    const checkHealth = (): Promise<never> => Promise.reject(new StoreError("no answer to checkHealth"));
    const beat = await run({ store: { ...store, checkHealth }, schedule: { ping: everySecond } });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(3_500);
    expect(secondsOf(outbox.messages())).toEqual([1, 2, 3]);
    expect(errors).toEqual(["no answer to checkHealth"]);
  });
});

describe("a take-over that writes much", () => {
  it("is progress, however slow the store is", async () => {
    const { clock, store, run } = world();
    store.delay("setSchedule", 600);
    const beat = await run({ schedule: manyEntries(20_000) });
    const roles = rolesOf(beat);
    await clock.advance(120_000);
    expect(roles).toEqual([]);
  });

  it("says every few seconds how far it is", async () => {
    const { clock, store, run } = world();
    store.delay("setSchedule", 500);
    const lines: string[] = [];
    await run({ schedule: manyEntries(4_000), logger: notingLogger(lines) });
    await clock.advance(15_000);
    expect(lines.filter((line) => line.startsWith("merging"))).toEqual([
      "merging the configuration: 1400 of 4000 entries",
      "merging the configuration: 2600 of 4000 entries",
      "merging the configuration: 3800 of 4000 entries",
    ]);
  });

  it("continues after a lost lease: no entry is written twice", async () => {
    const { clock, store, run } = world();
    const written: string[] = [];
    let calls = 0;
    const setSchedule: DummyStore["setSchedule"] = async (changes, lease) => {
      if (calls++ === 3) store.expireLock();
      const results = await store.setSchedule(changes, lease);
      written.push(...changes.map(({ name }) => name));
      return results;
    };
    const beat = await run({ store: { ...store, setSchedule }, schedule: manyEntries(2_000) });
    const roles = rolesOf(beat);
    await clock.advance(10_000);
    expect(roles).toEqual(["standby: a write came under an old lease", "leader"]);
    // The entries, the cluster record and that of the leaders.
    expect(written).toHaveLength(2_002);
    expect(new Set(written).size).toBe(2_002);
  });

  it("ends soon, and without an error, when the node stops", async () => {
    const { clock, store, run } = world();
    store.delay("setSchedule", 500);
    const beat = await run({ schedule: manyEntries(20_000) });
    const errors: Error[] = [];
    beat.on("error", (error) => errors.push(error));
    await clock.advance(2_000);
    expect(await endsWithin(clock, 1_000, beat.stop())).toBe(true);
    expect(errors).toEqual([]);
  });
});
