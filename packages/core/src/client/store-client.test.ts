import { describe, expect, it } from "vitest";

import { BusyClock, countTurns } from "../../test/event-loop.js";
import { endsWithin, range, START, world } from "../../test/world.js";
import { createClient } from "./store-client.js";

describe("a client, while a leader runs", () => {
  it("adds an entry that the leader notices within a second", async () => {
    const { client, clock, sent, lead } = world();
    await lead();
    await clock.advance(490);
    expect(await client.put("new", { task: "t", schedule: "1s" })).toMatchObject({
      source: "api",
      active: true,
      runs: 0,
    });
    await clock.advance(1_000);
    expect(sent()).toEqual(["new@1"]);
  });

  it("changes a schedule; the new one owes nothing for the time before", async () => {
    const { client, clock, sent, lead } = world();
    await lead({ schedule: { job: { task: "t", schedule: "1h" } } });
    await clock.advance(90_000);
    await client.put("job", { task: "t", schedule: "1m" });
    await clock.advance(31_000);
    expect(sent()).toEqual(["job@120"]);
    expect(await client.get("job")).toMatchObject({ source: "config", overridden: true, runs: 1 });
  });

  it("changes arguments without running anything again", async () => {
    const { client, clock, sent, lead } = world();
    await lead({ schedule: { job: { task: "t", schedule: "1m" } } });
    await clock.advance(60_500);
    await client.put("job", { task: "t", schedule: "1m", args: [1] });
    await clock.advance(60_000);
    expect(sent()).toEqual(["job@60", "job@120"]);
  });

  it("answers an edit with what the entry is and has run, as a question would", async () => {
    const { clock, client, run } = world();
    await run({ schedule: { job: { task: "t", schedule: "1s" } } });
    await clock.advance(100);
    await client.list();
    await clock.advance(10_000);
    const answered = await client.put("job", { task: "u", schedule: "1s" });
    expect(answered.runs).toBe(10);
    expect(answered).toEqual(await client.get("job"));
  });

  it("pauses and resumes without a surprise run", async () => {
    const { client, clock, sent, lead } = world();
    await lead({ schedule: { job: { task: "t", schedule: "1m" } } });
    await client.pause("job");
    await clock.advance(150_000);
    expect(sent()).toEqual([]);
    expect(await client.resume("job")).toMatchObject({ paused: false, active: true });
    await clock.advance(31_000);
    expect(sent()).toEqual(["job@180"]);
  });

  it("removes its own entries and refuses to remove those of the configuration", async () => {
    const { client, clock, sent, lead } = world();
    await lead({ schedule: { fixed: { task: "t", schedule: "1h" } } });
    await client.put("own", { task: "t", schedule: "1s" });
    await client.remove("own");
    await clock.advance(5_000);
    expect(sent()).toEqual([]);
    expect((await client.list()).map(({ name }) => name)).toEqual(["fixed"]);
    await expect(client.remove("fixed")).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(client.remove("none")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("runs an entry now, once, beside its schedule, also when it is paused", async () => {
    const { client, clock, store, sent, lead } = world();
    await lead({ schedule: { job: { task: "t", schedule: "1h", args: ["x"], maxRuns: 1 } } });
    await client.pause("job");
    await clock.advance(490);
    const { id } = await client.runNow("job");
    await clock.advance(2_000);
    expect(sent()).toEqual(["job@0.5"]);
    expect(JSON.parse(store.queue("messages")[0]!)).toMatchObject({
      id,
      entry: "job",
      task: "t",
      args: ["x"],
      requested: true,
    });
    expect(await client.list()).toHaveLength(1);
    await clock.advance(20_000);
    expect(sent()).toHaveLength(1);
  });

  it("tells who leads and what comes next", async () => {
    const { client, lead } = world();
    await lead({ schedule: { a: { task: "t", schedule: "1m" }, b: { task: "t", schedule: "90s" } } });
    const status = await client.status(3);
    expect(status).toMatchObject({
      store: "dummy",
      entries: 2,
      broken: [],
      delivery: expect.stringMatching(/^exactly once/) as string,
    });
    expect(status.leader?.label).toContain(String(process.pid));
    const next = status.next.map(({ entry, runAt }) => [entry, (runAt - START) / 1000]);
    expect(next).toEqual([
      ["a", 60],
      ["b", 90],
    ]);
    expect((await client.next("b", 2)).map(({ scheduledAt }) => (scheduledAt - START) / 1000)).toEqual([90, 180]);
  });

  it("gives an entry that was over more runs without a surprise run", async () => {
    const { clock, client, sent, lead } = world();
    await lead();
    await client.put("job", { task: "t", schedule: "1h", maxRuns: 1 });
    await clock.advance(5.5 * 3_600_000);
    expect(sent()).toEqual(["job@3600"]);
    await client.put("job", { task: "t", schedule: "1h", maxRuns: 2 });
    await clock.advance(5_000);
    expect(sent()).toEqual(["job@3600"]);
    await clock.advance(3_600_000);
    expect(sent()).toEqual(["job@3600", `job@${6 * 3600}`]);
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

describe("a client, of a store that does not answer", () => {
  it("gives up every question in time", async () => {
    const { clock, store } = world();
    const client = createClient({ store: { ...store, readLock: () => new Promise(() => undefined) }, clock });
    const status = client.status();
    expect(await endsWithin(clock, 60_000, status)).toBe(true);
    await expect(status).rejects.toMatchObject({ code: "STORE" });
  });
});

describe("an edit that was written", () => {
  it("is answered also when the entry has run and gone meanwhile", async () => {
    const { clock, connect, lead, sent } = world();
    await lead();
    const store = connect();
    const setSchedule: typeof store.setSchedule = async (...args) => {
      const answer = await store.setSchedule(...args);
      await clock.advance(2_000);
      return answer;
    };
    const client = createClient({ store: { ...store, setSchedule }, clock });
    const once = { task: "t", schedule: "1h", firstRun: "now", maxRuns: 1, whenDone: "remove" } as const;
    expect(await client.put("once", once)).toMatchObject({ name: "once" });
    expect(sent()).toHaveLength(1);
  });

  it("is answered also when the store cannot be asked afterwards", async () => {
    const { clock, connect, lead } = world();
    await lead();
    const store = connect();
    const setSchedule: typeof store.setSchedule = async (...args) => {
      const answer = await store.setSchedule(...args);
      store.failNext("getRevision");
      return answer;
    };
    const client = createClient({ store: { ...store, setSchedule }, clock });
    expect(await client.put("once", { task: "t", schedule: "1h" })).toMatchObject({ name: "once" });
  });
});

describe("a client of a large schedule", () => {
  it("lets the event loop turn while it makes its answer", async () => {
    const { store, client } = world();
    for (const n of range(1, 200)) await client.put(`entry ${n}`, { task: "t", schedule: "1h" });
    const busy = createClient({ store, clock: new BusyClock(START, 1) });
    const turns = countTurns();
    const turnsOf = async (ask: () => Promise<unknown>): Promise<number> => {
      const before = turns();
      await ask();
      return turns() - before;
    };
    const toRead = await turnsOf(() => busy.get("entry 1"));
    expect(await turnsOf(() => busy.list())).toBeGreaterThanOrEqual(toRead + 30);
    expect(await turnsOf(() => busy.status())).toBeGreaterThanOrEqual(toRead + 30);
  });
});
