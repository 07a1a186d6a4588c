import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { everySecond, range, rolesOf, secondsOf, START, world } from "../../test/world.js";
import { encodeDefinition } from "../entry/definition.js";
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

describe("a take-over that writes much", () => {
  it("is progress, however slow the store is", async () => {
    const { clock, store, run } = world();
    const names = Array.from({ length: 20_000 }, (_, index) => `entry ${index}`);
    store.delay("setSchedule", 600);
    const beat = await run({
      schedule: Object.fromEntries(names.map((name) => [name, { task: "t", schedule: "1d" }])),
    });
    const roles = rolesOf(beat);
    await clock.advance(120_000);
    expect(roles).toEqual([]);
  });
});
