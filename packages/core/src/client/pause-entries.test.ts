import { describe, expect, it } from "vitest";

import { everySecond, START, storedEntry, world } from "../../test/world.js";
import type { DefinitionChange } from "../contract/store.js";
import type { EntryInput } from "../entry/entry.js";
import type { PauseOptions } from "./pause-entries.js";
import type { EntrySelector } from "./select-entries.js";
import { createClient } from "./store-client.js";

const hourly: EntryInput = { task: "t", schedule: "1h" };
const reports: EntryInput = { ...hourly, tags: ["reports", "mail"] };
const HOUR = 3_600_000;

describe("a pause", () => {
  it("says who made it, when, why and for how long, until it is over", async () => {
    const { client, clock } = world();
    await client.put("job", hourly);
    await clock.advance(5_000);
    const pause = { note: "db upgrade", by: "anna", at: START + 5_000, until: START + 2 * HOUR + 1 };
    const answered = await client.pause("job", { note: "db upgrade", by: "anna", until: new Date(pause.until) });
    expect(answered).toMatchObject({ paused: true, active: false, pause, nextRunAt: START + 3 * HOUR });
    expect(await client.get("job")).toEqual(answered);
    expect(await client.list()).toEqual([answered]);
    const status = await client.status();
    expect(status).toMatchObject({ paused: [{ name: "job", pause }], pausedCount: 1 });
    expect(status.next).toMatchObject([{ entry: "job", runAt: START + 3 * HOUR }]);
    expect((await client.next("job", 2)).map(({ runAt }) => runAt)).toEqual([START + 3 * HOUR, START + 4 * HOUR]);
    await clock.advance(2 * HOUR);
    expect(await client.get("job")).toMatchObject({ paused: false, active: true, pause: null });
    expect(await client.list()).toMatchObject([{ paused: false, pause: null }]);
    expect(await client.status()).toMatchObject({ paused: [], pausedCount: 0 });
  });

  it("says nothing unless it is told, but who uses the client", async () => {
    const { client, clock, connect } = world();
    await client.put("job", hourly);
    const silent = { note: null, by: null, at: START, until: null };
    expect(await client.pause("job")).toMatchObject({ paused: true, pause: silent, nextRunAt: null });
    const bert = createClient({ store: connect(), clock, by: "bert" });
    expect(await bert.pause("job", { note: "" })).toMatchObject({ pause: { ...silent, by: "bert" } });
    expect(await bert.pause("job", { by: null })).toMatchObject({ pause: silent });
    expect(await bert.pause("job", { by: "anna" })).toMatchObject({ pause: { ...silent, by: "anna" } });
  });

  it("is told by the history after it has ended, until the next one", async () => {
    const { client, clock } = world();
    await client.put("job", hourly);
    expect((await client.history("job")).lastPause).toBeNull();
    await client.pause("job", { note: "n", by: "anna" });
    await clock.advance(1_000);
    const lastPause = { note: "n", by: "anna", at: START, until: null };
    expect((await client.history("job")).lastPause).toEqual(lastPause);
    expect(await client.resume("job")).toMatchObject({ paused: false, active: true, pause: null });
    expect((await client.history("job")).lastPause).toEqual({ ...lastPause, until: START + 1_000 });
    await client.put("job", { ...hourly, args: [1] });
    expect(await client.status()).toMatchObject({ paused: [] });
    expect((await client.history("job")).lastPause).toEqual({ ...lastPause, until: START + 1_000 });
    const second = { until: START + HOUR };
    await client.pause("job", second);
    await clock.advance(2 * HOUR);
    expect((await client.history("job")).lastPause).toMatchObject(second);
  });

  it("survives an edit, and a reset", async () => {
    const { client } = world();
    await client.put("job", hourly);
    const { pause } = await client.pause("job", { note: "n", until: START + HOUR });
    expect(await client.put("job", { ...hourly, args: [1] })).toMatchObject({ paused: true, pause });
    expect(await client.reset("job")).toMatchObject({ paused: true, pause });
  });

  it("that an older version has written says nothing, and lasts until it is resumed", async () => {
    const { client, clock, store } = world();
    await client.put("job", hourly);
    const { definition, revision } = await storedEntry(store, "job");
    const older = JSON.stringify({ ...(JSON.parse(definition!) as object), paused: true });
    await store.setSchedule([{ name: "job", definition: older, expectedRevision: revision }]);
    await clock.advance(HOUR);
    expect(await client.get("job")).toMatchObject({ paused: true, pause: null });
    expect(await client.status()).toMatchObject({ paused: [{ name: "job", pause: null }] });
    expect(await client.resume("job")).toMatchObject({ paused: false });
  });

  it.each<[PauseOptions, string]>([
    [{ until: START }, "until 2030-01-01T00:00:00.000Z lies in the past: it is 2030-01-01T00:00:00.000Z. So give a later one, or call resume to end a pause now"], // prettier-ignore
    [{ until: "tomorrow" }, 'until "tomorrow" is not an instant: '],
    [{ note: 5 as never }, "note is 5: expected a text of at most 500 characters"],
    [{ note: "x".repeat(501) }, "note is "],
    [{ by: "x".repeat(201) }, "by is "],
    [{ reason: "x" } as never, 'unknown field "reason" in the options of pause (known: note, until, by'],
  ])("is refused with the options %j", async (options, message) => {
    const { client } = world();
    await client.put("job", hourly);
    for (const which of ["job", { names: ["job"] }] as const) {
      const paused = typeof which === "string" ? client.pause(which, options) : client.pause(which, options);
      await expect(paused).rejects.toMatchObject({ code: "CONFIG" });
      await expect(paused).rejects.toThrow(message);
    }
    expect(await client.get("job")).toMatchObject({ paused: false });
  });

  it("is made, ended or replaced by a removal only under the revision that is expected", async () => {
    const { client } = world();
    const { revision: first } = await client.put("job", hourly);
    const { revision } = await client.put("job", { ...hourly, args: [1] });
    for (const ifRevision of [first, null]) {
      await expect(client.pause("job", { ifRevision })).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(client.resume("job", { ifRevision })).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(client.remove("job", { ifRevision })).rejects.toMatchObject({ code: "CONFLICT" });
    }
    const paused = await client.pause("job", { ifRevision: revision, note: "n" });
    expect(await client.resume("job", { ifRevision: paused.revision })).toMatchObject({ paused: false });
    const { revision: last } = (await client.get("job"))!;
    await client.remove("job", { ifRevision: last });
    expect(await client.get("job")).toBeNull();
    await expect(client.pause("job", { ifRevision: last })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(client.pause("job", { ifRevision: 5 as never })).rejects.toMatchObject({ code: "CONFIG" });
  });
});

describe("many entries that are paused or resumed at once", () => {
  it.each<[EntrySelector, readonly string[]]>([
    [{ tag: "mail" }, ["a", "billing/b", "c"]],
    [{ tag: "none" }, []],
    [{ names: new Set(["c", "a"]) }, ["c", "a"]],
    [{ names: [] }, []],
    [{ prefix: "billing/" }, ["billing/b", "billing/z"]],
    [{ all: true }, ["a", "billing/b", "billing/z", "c"]],
  ])("are those that %o names, of every source", async (which, names) => {
    const { client, lead } = world();
    await lead({ schedule: { c: reports } });
    await client.putMany({ a: reports, "billing/b": { ...hourly, tags: ["mail"] }, "billing/z": hourly });
    await client.runNow("a");
    const done = names.map((name) => ({ name, error: null }));
    expect(await client.pause(which, { note: "n", by: "anna", until: START + HOUR })).toEqual(done);
    const paused = (await client.list()).filter((view) => view.paused);
    expect(paused.map(({ name }) => name)).toEqual([...names].sort());
    for (const { pause } of paused) expect(pause).toMatchObject({ note: "n", by: "anna", until: START + HOUR });
    expect(await client.resume(which)).toEqual(done);
    expect((await client.list()).filter((view) => view.paused)).toEqual([]);
  });

  it("are those of one application, without what clients created under its name", async () => {
    const { client, lead } = world();
    await lead({ app: "billing", schedule: { a: hourly, b: hourly } });
    await client.putMany({ "billing/own": hourly, other: hourly });
    expect(await client.pause({ app: "billing" })).toEqual([
      { name: "billing/a", error: null },
      { name: "billing/b", error: null },
    ]);
    expect(await client.resume({ app: "bill" })).toEqual([]);
  });

  it("stop a whole schedule in few round trips, and the leader follows", async () => {
    const { client, clock, connect, lead, sent } = world();
    await lead();
    const names = Array.from({ length: 3_000 }, (_, index) => `job-${index}`);
    await client.putMany(names.map((name) => [name, everySecond] as const));
    const store = connect();
    const writes: number[] = [];
    const setSchedule: typeof store.setSchedule = (changes: readonly DefinitionChange[], ...rest) => {
      writes.push(changes.length);
      return store.setSchedule(changes, ...rest);
    };
    const stopper = createClient({ store: { ...store, setSchedule }, clock });
    expect(await stopper.pause({ all: true }, { until: START + HOUR })).toHaveLength(3_000);
    expect(writes).toEqual([2_000, 1_000]);
    await clock.advance(1_000);
    const before = sent().length;
    await clock.advance(10_000);
    expect(sent()).toHaveLength(before);
    expect(await client.status()).toMatchObject({ pausedCount: 3_000 });
    expect((await client.status()).paused).toHaveLength(100);
  });

  it("do not keep each other from it", async () => {
    const { client, store } = world();
    await client.put("good", hourly);
    const torn: DefinitionChange[] = [
      { name: "torn", definition: "{", expectedRevision: null },
      { name: "wrong", definition: '{"format":1,"kind":"entry","source":"api","effectiveFrom":0,"entry":{"tags":["x"]}}', expectedRevision: null }, // prettier-ignore
    ];
    await store.setSchedule(torn);
    expect(await client.pause({ names: ["good", "none", "torn"] })).toMatchObject([
      { name: "good", error: null },
      { name: "none", error: { code: "NOT_FOUND" } },
      { name: "torn", error: { code: "BAD_ENTRY" } },
    ]);
    const all = await client.pause({ all: true });
    expect(all.map(({ name }) => name)).toEqual(["good", "torn", "wrong"]);
    expect(await client.pause({ tag: "x" })).toMatchObject([{ name: "wrong", error: { code: "BAD_ENTRY" } }]);
  });

  it("are not written if nothing of them changes", async () => {
    const { client } = world();
    await client.putMany({ a: hourly, b: hourly });
    await client.pause("a");
    const { revision } = (await client.get("b"))!;
    expect(await client.resume({ all: true })).toEqual([{ name: "a", error: null }, { name: "b", error: null }]); // prettier-ignore
    expect((await client.resume("b")).revision).toBe(revision);
  });

  it.each<[unknown, string]>([
    [5, "the entries are 5: expected a name, { tag }, { names }, { prefix }, { app } or { all: true }"],
    [{}, "the choice of entries has nothing: expected one of { tag }"],
    [{ tag: "a", all: true }, "the choice of entries has tag and all: expected one of { tag }"],
    [{ all: false }, "all is false: expected true"],
    [{ prefix: 5 }, "prefix is 5: expected a text"],
    [{ app: null }, "app is null: expected the name of an application"],
    [{ tag: "" }, 'tag is "": expected a non-empty text'],
    [{ names: "a" }, 'names is "a": expected an array of names'],
    [{ names: ["a", "a"] }, 'the name "a" comes twice'],
    [{ labels: ["a"] }, 'unknown field "labels" in the choice of entries'],
  ])("are refused as %j", async (which, message) => {
    const { client } = world();
    await expect(client.pause(which as EntrySelector)).rejects.toThrow(message);
    await expect(client.resume(which as EntrySelector)).rejects.toThrow(message);
  });

  it("take no revision: each has its own", async () => {
    const { client } = world();
    const condition = { ifRevision: "1" } as never;
    await expect(client.pause({ all: true }, condition)).rejects.toThrow('unknown field "ifRevision"');
    await expect(
      (client.resume as (...given: unknown[]) => Promise<unknown>)({ all: true }, condition),
    ).rejects.toThrow('unknown field "ifRevision"');
  });
});
