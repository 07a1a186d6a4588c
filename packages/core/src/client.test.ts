import { dummyPublisher, type DummyStore, dummyStore } from "@beatx/store-dummy";
import { afterEach, describe, expect, it } from "vitest";

import { type Beat, createBeat } from "./beat.js";
import { type Client, createClient } from "./client.js";
import type { BeatOptions } from "./options.js";
import { FakeClock, silentLogger } from "./testing.js";

let names = 0;
const beats: Beat[] = [];

interface World {
  readonly clock: FakeClock;
  readonly store: DummyStore;
  readonly client: Client;
  entries(): string[];
  run(options?: Partial<BeatOptions>): Promise<Beat>;
}

function world(): World {
  const clock = new FakeClock("2030-01-01T00:00:00Z");
  const name = `client-test-${names++}`;
  const store = dummyStore({ name, clock });
  const publisher = dummyPublisher({ name, clock });
  const start = clock.now();
  return {
    clock,
    store,
    client: createClient({ store: dummyStore({ name, clock }), clock }),
    entries: () => publisher.messages().map(({ entry, scheduledAt }) => `${entry}@${(scheduledAt - start) / 1000}`),
    async run(options = {}) {
      const beat = createBeat({
        store: dummyStore({ name, clock }),
        publisher,
        clock,
        logger: silentLogger,
        ...options,
      });
      beats.push(beat);
      await beat.start();
      await clock.advance(10);
      return beat;
    },
  };
}

afterEach(() => {
  for (const beat of beats.splice(0)) void beat.stop();
});

describe("a client, while a leader runs", () => {
  it("adds an entry that the leader notices within a second", async () => {
    const { client, clock, entries, run } = world();
    await run();
    await clock.advance(490);
    expect(await client.put("new", { task: "t", schedule: "1s" })).toMatchObject({
      source: "api",
      active: true,
      runs: 0,
    });
    await clock.advance(1_000);
    expect(entries()).toEqual(["new@1"]);
  });

  it("changes a schedule; the new one owes nothing for the time before", async () => {
    const { client, clock, entries, run } = world();
    await run({ schedule: { job: { task: "t", schedule: "1h" } } });
    await clock.advance(90_000);
    await client.put("job", { task: "t", schedule: "1m" });
    await clock.advance(31_000);
    expect(entries()).toEqual(["job@120"]);
    expect(await client.get("job")).toMatchObject({ source: "config", overridden: true, runs: 1 });
  });

  it("changes arguments without running anything again", async () => {
    const { client, clock, entries, run } = world();
    await run({ schedule: { job: { task: "t", schedule: "1m" } } });
    await clock.advance(60_500);
    await client.put("job", { task: "t", schedule: "1m", args: [1] });
    await clock.advance(60_000);
    expect(entries()).toEqual(["job@60", "job@120"]);
  });

  it("pauses and resumes without a surprise run", async () => {
    const { client, clock, entries, run } = world();
    await run({ schedule: { job: { task: "t", schedule: "1m" } } });
    await client.pause("job");
    await clock.advance(150_000);
    expect(entries()).toEqual([]);
    expect(await client.resume("job")).toMatchObject({ paused: false, active: true });
    await clock.advance(31_000);
    expect(entries()).toEqual(["job@180"]);
  });

  it("removes its own entries and refuses to remove those of the configuration", async () => {
    const { client, clock, entries, run } = world();
    await run({ schedule: { fixed: { task: "t", schedule: "1h" } } });
    await client.put("own", { task: "t", schedule: "1s" });
    await client.remove("own");
    await clock.advance(5_000);
    expect(entries()).toEqual([]);
    expect((await client.list()).map(({ name }) => name)).toEqual(["fixed"]);
    await expect(client.remove("fixed")).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(client.remove("none")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("runs an entry now, once, beside its schedule, also when it is paused", async () => {
    const { client, clock, store, entries, run } = world();
    await run({ schedule: { job: { task: "t", schedule: "1h", args: ["x"], maxRuns: 1 } } });
    await client.pause("job");
    await clock.advance(490);
    const { id } = await client.runNow("job");
    await clock.advance(2_000);
    expect(entries()).toEqual(["job@0.5"]);
    expect(JSON.parse(store.queue("messages")[0]!)).toMatchObject({
      id,
      entry: "job",
      task: "t",
      args: ["x"],
      requested: true,
    });
    expect(await client.list()).toHaveLength(1);
    await clock.advance(20_000);
    expect(entries()).toHaveLength(1);
  });

  it("sees a one-off entry go after it ran, where the entry says so, and stay otherwise", async () => {
    const { client, clock, entries, run } = world();
    await run();
    const at = new Date(clock.now() + 2_000).toISOString();
    await client.put("gone", { task: "t", schedule: { type: "clocked", at }, whenDone: "remove" });
    await client.put("kept", { task: "t", schedule: { type: "clocked", at } });
    await clock.advance(5_000);
    expect(entries().sort()).toEqual([expect.stringMatching(/^gone@2/), expect.stringMatching(/^kept@2/)]);
    expect(await client.list()).toMatchObject([{ name: "kept", runs: 1, nextRunAt: null }]);
  });

  it("tells who leads and what comes next", async () => {
    const { client, run } = world();
    await run({ schedule: { a: { task: "t", schedule: "1m" }, b: { task: "t", schedule: "90s" } } });
    const status = await client.status(3);
    expect(status).toMatchObject({
      store: "dummy",
      entries: 2,
      broken: [],
      delivery: expect.stringMatching(/^exactly once/) as string,
    });
    expect(status.leader?.label).toContain(String(process.pid));
    const start = Date.parse("2030-01-01T00:00:00Z");
    const next = status.next.map(({ entry, runAt }) => [entry, (runAt - start) / 1000]);
    expect(next).toEqual([
      ["a", 60],
      ["b", 90],
      ["a", 120],
    ]);
    expect((await client.next("b", 2)).map(({ scheduledAt }) => (scheduledAt - start) / 1000)).toEqual([90, 180]);
  });
});

describe("a client, against others who edit", () => {
  it("refuses an edit made from an old revision", async () => {
    const { client } = world();
    const { revision } = await client.put("job", { task: "t", schedule: "1m" }, { ifRevision: null });
    await client.put("job", { task: "u", schedule: "1m" }, { ifRevision: revision });
    await expect(client.put("job", { task: "v", schedule: "1m" }, { ifRevision: revision })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect(await client.get("job")).toMatchObject({ entry: { task: "u" } });
  });

  it("both get through when each edits another thing of one entry", async () => {
    const { client, store, clock } = world();
    const other = createClient({ store, clock });
    await client.put("job", { task: "t", schedule: "1m" });
    await Promise.all([client.pause("job"), other.put("job", { task: "u", schedule: "1m" })]);
    expect(await client.get("job")).toMatchObject({ paused: true, entry: { task: "u" } });
  });
});

describe("the configuration of a new leader", () => {
  const job = (task: string): NonNullable<BeatOptions["schedule"]> => ({ job: { task, schedule: "1m" } });

  it("updates its entries, ends those that are gone, and leaves the others alone", async () => {
    const { client, clock, run } = world();
    const first = await run({ schedule: { ...job("old"), gone: { task: "t", schedule: "1m" } } });
    await client.put("dynamic", { task: "t", schedule: "1m" });
    void first.stop();
    await clock.advance(100);
    await run({ schedule: job("new") });
    expect((await client.list()).map(({ name, entry }) => `${name} ${JSON.stringify(entry["task"])}`)).toEqual([
      'dynamic "t"',
      'job "new"',
    ]);
  });

  it("leaves an entry alone that was edited through a client", async () => {
    const { client, clock, run } = world();
    const first = await run({ schedule: job("old") });
    await client.put("job", { task: "edited", schedule: "2m" });
    void first.stop();
    await clock.advance(100);
    await run({ schedule: job("new") });
    expect(await client.get("job")).toMatchObject({ entry: { task: "edited" }, overridden: true });
  });

  it("is not merged when a newer version is stored, whichever node leads", async () => {
    const { client, clock, run } = world();
    const newer = await run({ schedule: job("v2"), configVersion: 2 });
    void newer.stop();
    await clock.advance(100);
    const older = await run({ schedule: job("v1"), configVersion: 1 });
    expect(await client.get("job")).toMatchObject({ entry: { task: "v2" } });
    void older.stop();
    await clock.advance(100);
    await run({ schedule: job("v3"), configVersion: 3 });
    expect(await client.get("job")).toMatchObject({ entry: { task: "v3" } });
  });

  it("heals an entry that cannot be read; the others run meanwhile", async () => {
    const { client, clock, store, entries, run } = world();
    await store.setSchedule([{ name: "job", definition: "{broken", expectedRevision: null }]);
    await store.setSchedule([{ name: "strange", definition: '{"format":99}', expectedRevision: null }]);
    const beat = await run({ schedule: job("t") });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(61_000);
    expect(entries()).toEqual(["job@60"]);
    expect((await client.status()).broken).toMatchObject([{ name: "strange" }]);
    expect(errors).toEqual([]);
  });
});
