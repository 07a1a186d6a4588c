import { describe, expect, it } from "vitest";

import { CLUSTER_RECORD } from "../../src/entry/definition.js";
import { LEADERS_RECORD } from "../../src/entry/leaders-record.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { storedNames, world } from "../world.js";

const HOUR_MS = 3_600_000;

describe("an entry that is done", () => {
  it("is removed after its run if whenDone says so, and kept otherwise", async () => {
    const { client, clock, sent, lead } = world();
    await lead();
    const at = new Date(clock.now() + 2_000).toISOString();
    await client.put("gone", { task: "t", schedule: { type: "clocked", at }, whenDone: "remove" });
    await client.put("kept", { task: "t", schedule: { type: "clocked", at } });
    await clock.advance(5_000);
    expect(sent().sort()).toEqual([expect.stringMatching(/^gone@2/), expect.stringMatching(/^kept@2/)]);
    expect(await client.list()).toMatchObject([{ name: "kept", runs: 1, nextRunAt: null }]);
  });

  it("is removed even if that failed once", async () => {
    const { clock, store, client, lead, sent } = world();
    await lead();
    const at = new Date(clock.now() + 2_000).toISOString();
    await client.put("gone", { task: "t", schedule: { type: "clocked", at }, whenDone: "remove" });
    await clock.advance(1_000);
    store.failNext("setSchedule");
    await clock.advance(HOUR_MS);
    expect(sent()).toHaveLength(1);
    expect(await client.list()).toEqual([]);
  });

  it("is removed if its moment was past from the start", async () => {
    const { clock, client, lead } = world();
    await lead();
    const at = new Date(clock.now() - 2_000).toISOString();
    await client.put("gone", { task: "t", schedule: { type: "clocked", at }, whenDone: "remove" });
    await clock.advance(HOUR_MS);
    expect(await client.list()).toEqual([]);
  });

  it("is removed if its end was moved before its next run", async () => {
    const { clock, client, lead } = world();
    await lead();
    const entry = { task: "t", schedule: "1m", whenDone: "remove" as const };
    await client.put("gone", { ...entry, endAt: clock.now() + 90_000 });
    await clock.advance(30_000);
    await client.put("gone", { ...entry, endAt: clock.now() + 1_000 });
    await clock.advance(HOUR_MS);
    expect(await client.list()).toEqual([]);
  });

  it("is not sent again by the next leader, even if the configuration still has it", async () => {
    const { clock, connect, run } = world();
    const publisher = recordingPublisher();
    const once = { task: "t", schedule: "1h", firstRun: "now", maxRuns: 1, whenDone: "remove" } as const;
    const first = await run({ publisher, schedule: { once } });
    await clock.advance(5_000);
    expect(publisher.messages).toHaveLength(1);
    void first.stop();
    await clock.advance(1_000);
    await run({ store: connect(), publisher, schedule: { once } });
    await clock.advance(2 * HOUR_MS);
    expect(publisher.messages).toHaveLength(1);
  });

  it("is not sent again if it leaves the configuration and comes back", async () => {
    const { clock, connect, run } = world();
    const publisher = recordingPublisher();
    const few = { few: { task: "t", schedule: "1s", maxRuns: 3 } };
    for (const schedule of [few, {}, few]) {
      const beat = await run({ store: connect(), publisher, schedule });
      await clock.advance(10_000);
      void beat.stop();
      await clock.advance(1_000);
    }
    expect(publisher.messages).toHaveLength(3);
  });
});

describe("the tombstone of a removed entry", () => {
  it("is removed after seven days, even if the leader stays the same", async () => {
    const { clock, store, client, lead } = world();
    const beat = await lead();
    let stoodDown = 0;
    beat.on("standby", () => stoodDown++);
    await client.put("own", { task: "t", schedule: "1h" });
    await client.remove("own");
    await clock.advance(2_000);
    expect(await storedNames(store)).toContain("own");
    clock.stepWallClock(9 * 24 * HOUR_MS);
    await clock.advance(2 * HOUR_MS);
    expect(stoodDown).toBe(0);
    expect(await storedNames(store)).toEqual([CLUSTER_RECORD, LEADERS_RECORD]);
  });
});
