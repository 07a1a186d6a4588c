import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import type { StoredEntry } from "../../src/contract/store.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { cutOff, everySecond, notingLogger, range, secondsOf, storedNames, world } from "../world.js";

async function breakEntry(store: DummyStore, name: string): Promise<void> {
  const stored: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule()).batches) stored.push(...batch);
  const expectedRevision = stored.find((entry) => entry.name === name)!.revision;
  await store.setSchedule([{ name, definition: '{"format":99}', expectedRevision }]);
}

/** The seconds at which an entry is sent that runs, breaks, is lost in a wipe, and is healed by the next leader. */
async function sentOfHealedEntry(job: EntryInput): Promise<number[]> {
  const { clock, store, connect, run } = world();
  const publisher = recordingPublisher();
  const node = { publisher, schedule: { job }, standbyPollMs: 500 };
  await run(node);
  await clock.advance(35_000);
  await breakEntry(store, "job");
  await clock.advance(3_000);
  await run({ ...node, store: connect(), configVersion: 1 });
  await clock.advance(3_000);
  cutOff(store);
  store.wipe();
  await clock.advance(90_000);
  return secondsOf(publisher.messages);
}

describe("a store that was wiped", () => {
  it("makes the nodes say, once, for how long no node may lead, and why", async () => {
    const { clock, store, run } = world();
    store.wipe();
    const lines: string[] = [];
    const roles: string[] = [];
    const beat = await run({ schedule: { job: everySecond }, logger: notingLogger(lines) });
    beat.on("leader", () => roles.push("leader"));
    await clock.advance(14_000);
    const why = "since the store has lost its data, and a lost lease may still be trusted";
    expect(lines.filter((line) => line.startsWith("standing by"))).toEqual([
      `standing by: no node may lead for 15 s, ${why}`,
    ]);
    expect(roles).toEqual([]);
    await clock.advance(2_000);
    expect(roles).toEqual(["leader"]);
  });

  it("keeps the configuration of the newer nodes, though a node of an older version writes it back", async () => {
    const { clock, store, connect, client, lead } = world();
    await lead({ schedule: { kept: { task: "t.v2", schedule: "10s" }, added: everySecond }, configVersion: 2 });
    const older = { schedule: { kept: { task: "t.v1", schedule: "10s" }, dropped: everySecond }, configVersion: 1 };
    const beat = await lead({ ...older, store: connect() });
    const lost: unknown[] = [];
    beat.on("state-lost", (event) => lost.push(event));
    await clock.advance(20_000);
    cutOff(store);
    store.wipe();
    await clock.advance(60_000);
    expect(lost).toHaveLength(1);
    expect((await client.list()).map(({ name, entry }) => [name, entry["task"]])).toEqual([
      ["added", "t"],
      ["kept", "t.v2"],
    ]);
    expect((await client.status()).configVersion).toBe(2);
  });

  it.each([true, false])(
    "gets the entries of an application from its nodes, if another begins anew (revisions show it: %s)",
    async (revisionShowsOlderState) => {
      const { clock, store, connect, client, run, lead } = world();
      const capabilities = { revisionShowsOlderState };
      await lead({ app: "a", configVersion: 1, schedule: { job: everySecond }, store: connect({ capabilities }) });
      const other = { app: "b", configVersion: 1, schedule: { job: everySecond } };
      const before = await run({ ...other, store: connect({ capabilities }) });
      await clock.advance(10_000);
      await before.stop();
      store.wipe();
      // It knows nothing of what was lost, and asks for the lease more often.
      await run({ ...other, store: connect({ capabilities }), standbyPollMs: 100 });
      await clock.advance(60_000);
      expect((await client.list()).map(({ name }) => name)).toEqual(["a/job", "b/job"]);
      expect((await client.status()).apps.map(({ app }) => app)).toEqual(["a", "b"]);
    },
  );

  it("is shown by a client as it is: what only its memory knows is gone, and cannot be run", async () => {
    const { store, client, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await client.put("own", everySecond);
    expect(await client.list()).toHaveLength(2);
    cutOff(store);
    store.wipe();
    await expect(client.runNow("own")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(client.pause("own")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await client.list()).toEqual([]);
  });

  it("gets its entries and cursors back from the leader's memory", async () => {
    const { clock, store, client, run } = world();
    const beat = await run({ publisher: recordingPublisher(), schedule: { ping: everySecond } });
    const lost: unknown[] = [];
    beat.on("state-lost", (event) => lost.push(event));
    await clock.advance(1_500);
    await client.put("dynamic", { task: "ops.dynamic", schedule: "1s", missed: "all" });
    await clock.advance(2_000);
    store.wipe();
    await clock.advance(40_000);
    expect(lost).toMatchObject([{ restored: 2 }]);
    expect((await client.list()).map(({ name, source }) => [name, source])).toEqual([
      ["dynamic", "api"],
      ["ping", "config"],
    ]);
  });

  it("costs no occurrence if a write finds out, because the leader has the newest cursors", async () => {
    const { clock, store, run } = world();
    const publisher = recordingPublisher();
    const beat = await run({ publisher, schedule: { ping: everySecond } });
    const lost: unknown[] = [];
    beat.on("state-lost", (event) => lost.push(event));
    await clock.advance(3_500);
    store.wipe();
    await clock.advance(40_000);
    expect(lost).toMatchObject([{ cursorsKept: true }]);
    // The occurrence whose write failed may go out again: it was sent, but its cursor was not saved.
    expect([...new Set(secondsOf(publisher.messages))]).toEqual(range(1, 43));
  });

  it("gets its cursors back even if writing them failed at first", async () => {
    const { clock, store, run, client } = world();
    const publisher = recordingPublisher();
    await run({ publisher, schedule: { often: { task: "t", schedule: "10s", missed: "all" } } });
    await clock.advance(101_000);
    expect(secondsOf(publisher.messages)).toEqual(range(1, 10).map((n) => n * 10));
    store.wipe();
    // The renewal finds out, because no occurrence is due before it.
    await clock.advance(6_000);
    store.failNext("advance");
    await clock.advance(40_000);
    const sent = secondsOf(publisher.messages);
    expect(sent).toEqual([...new Set(sent)]);
    expect((await client.get("often"))?.runs).toBe(sent.length);
  });

  it("is restored batch by batch, so that a node whose restoring failed half-way continues", async () => {
    const { clock, store, run } = world();
    const entry: EntryInput = { task: "t", schedule: "10s", missed: "all" };
    const schedule = Object.fromEntries(range(1, 500).map((n) => [`entry ${n}`, entry]));
    const publisher = recordingPublisher();
    const written: string[] = [];
    const setSchedule: DummyStore["setSchedule"] = async (changes, lease) => {
      const results = await store.setSchedule(changes, lease);
      written.push(...changes.map(({ name }) => name));
      if (written.length === 400) store.expireLock();
      return results;
    };
    await run({ publisher, schedule, store: { ...store, setSchedule } });
    await clock.advance(21_000);
    written.splice(0);
    store.wipe();
    await clock.advance(60_000);
    expect(written.filter((name) => name.startsWith("entry"))).toHaveLength(500);
    for (const name of ["entry 1", "entry 300", "entry 500"])
      expect(secondsOf(publisher.messages, name), name).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
  });

  it("owes nothing to a new node if its leader dies while it restores the schedule", async () => {
    const { clock, store, connect, run } = world();
    const job: EntryInput = { task: "t", schedule: "10s", missed: "all" };
    const publisher = recordingPublisher();
    await run({ publisher, schedule: { job } });
    await clock.advance(41_000);
    store.delay("advance", 1e9);
    store.wipe();
    while (!(await storedNames(connect())).includes("job")) await clock.advance(100);
    cutOff(store);
    await run({ publisher, schedule: { job }, store: connect() });
    await clock.advance(60_000);
    const sent = secondsOf(publisher.messages);
    expect(sent.slice(0, 4)).toEqual([10, 20, 30, 40]);
    expect(sent).toEqual([...new Set(sent)]);
    expect(sent.length).toBeGreaterThan(6);
  });

  it("sends nothing twice of an entry that was broken before and that the new leader's configuration heals", async () => {
    const sent = await sentOfHealedEntry({ task: "t", schedule: "10s", missed: "all" });
    expect(sent.at(-1)).toBeGreaterThan(60);
    expect(sent).toEqual([...new Set(sent)]);
  });

  it("counts the runs of an entry that was broken before, when a configuration heals it", async () => {
    const sent = await sentOfHealedEntry({ task: "t", schedule: "10s", missed: "all", maxRuns: 3 });
    expect(sent).toEqual([10, 20, 30]);
  });

  it("gets broken entries back unchanged, too", async () => {
    const { clock, store, run } = world();
    await store.setSchedule([{ name: "strange", definition: '{"format":99}', expectedRevision: null }]);
    await run({ schedule: { ping: { task: "t", schedule: "1h" } } });
    await clock.advance(2_000);
    store.wipe();
    await clock.advance(60_000);
    expect(await storedNames(store)).toEqual(expect.arrayContaining(["ping", "strange"]));
  });

  it("does not make a standby that takes over run a done entry again", async () => {
    const { clock, connect, store, run } = world();
    const publisher = recordingPublisher();
    const schedule = { once: { task: "t", schedule: "1h", firstRun: "now" as const, maxRuns: 1 } };
    await run({ publisher, schedule });
    await clock.advance(2_000);
    await run({ store: connect(), publisher, schedule });
    await clock.advance(5_000);
    expect(publisher.messages).toHaveLength(1);
    cutOff(store);
    store.wipe();
    await clock.advance(60_000);
    expect(publisher.messages).toHaveLength(1);
  });

  it("gets the counts that a standby knows, so that no later term runs a done entry again", async () => {
    const { clock, connect, store, run, client } = world();
    const publisher = recordingPublisher();
    const schedule = { once: { task: "t", schedule: "1h", firstRun: "now" as const, maxRuns: 1 } };
    const lines: string[] = [];
    const node = { publisher, schedule, logger: notingLogger(lines) };
    const [s1, s2] = [store, connect()].map((each) => {
      return { ...each, capabilities: { ...each.capabilities, durable: true } };
    }) as [DummyStore, DummyStore];
    await run({ ...node, store: s1 });
    await clock.advance(2_000);
    await run({ ...node, store: s2 });
    await clock.advance(5_000);
    cutOff(s1);
    s1.wipe();
    await clock.advance(60_000);
    s2.expireLock();
    await clock.advance(60_000);
    expect(publisher.messages).toHaveLength(1);
    expect((await client.get("once"))!.runs).toBe(1);
    expect(lines.filter((line) => line.includes("went back"))).toEqual([]);
  });
});

describe("a store that lost its schedule but kept the lock", () => {
  it("gets it back from its leader within seconds, and every occurrence is sent once", async () => {
    const { clock, store, client, lead } = world();
    const lines: string[] = [];
    // Its history is lost, too, so each reading is a complete one.
    const forgetful = { ...store, getSchedule: () => store.getSchedule() };
    const beat = await lead({ store: forgetful, schedule: { job: everySecond }, logger: notingLogger(lines) });
    await client.put("dynamic", { task: "ops.dynamic", schedule: "10s" });
    const ended: unknown[] = [];
    beat.on("standby", (event) => ended.push(event));
    await clock.advance(5_500);
    const names = await storedNames(store);
    for await (const batch of (await store.getSchedule()).batches) {
      await store.setSchedule(
        batch.map(({ name, revision }) => ({ name, definition: null, expectedRevision: revision })),
      );
    }
    await clock.advance(60_000);
    expect((await storedNames(store)).sort()).toEqual(names.sort());
    expect((await client.get("job"))?.runs).toBe(65);
    expect(ended).toEqual([]);
    expect(lines.filter((line) => line.includes("lost the schedule"))).toHaveLength(1);
  });
});

describe("an entry that was done and removed before the store was wiped", () => {
  const once = { task: "t", schedule: "1h", firstRun: "now", maxRuns: 1, whenDone: "remove" } as const;

  it("does not run again if its leader restores the rest", async () => {
    const { clock, store, run } = world();
    const publisher = recordingPublisher();
    const beat = await run({ publisher, schedule: { once, ping: { task: "t", schedule: "10s" } } });
    const lost: unknown[] = [];
    beat.on("state-lost", (event) => lost.push(event));
    await clock.advance(5_000);
    store.wipe();
    await clock.advance(60_000);
    expect(lost).toMatchObject([{ cursorsKept: true }]);
    expect(secondsOf(publisher.messages, "once")).toHaveLength(1);
  });

  it("does not run again if a standby restores the rest", async () => {
    const { clock, connect, store, run } = world();
    const publisher = recordingPublisher();
    await run({ publisher, schedule: { once } });
    await clock.advance(2_000);
    await run({ store: connect(), publisher, schedule: { once } });
    await clock.advance(8_000);
    cutOff(store);
    store.wipe();
    await clock.advance(60_000);
    expect(publisher.messages).toHaveLength(1);
  });
});
