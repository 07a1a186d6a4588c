import { describe, expect, it } from "vitest";

import { BeatxError, StoreError } from "../base/errors.js";
import { everySecond, storedNames, world } from "../../test/world.js";
import type { EntryInput } from "../entry/entry.js";
import { createClient } from "./store-client.js";
import type { EditResult } from "./edit-many.js";

const hourly: EntryInput = { task: "t", schedule: "1h" };
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `e${index}`);

/** The codes of the errors by name; `done` without one. */
function outcomesOf(results: readonly EditResult[]): Record<string, string> {
  return Object.fromEntries(results.map(({ name, error }) => [name, error?.code ?? "done"]));
}

describe("many entries that are put at once", () => {
  it("are what put would make of each, and the leader follows them", async () => {
    const { client, clock, lead, sent } = world();
    await lead();
    await client.put("old", hourly);
    const results = await client.putMany({ old: { ...hourly, args: [1] }, new: everySecond });
    expect(results).toEqual([
      { name: "old", error: null },
      { name: "new", error: null },
    ]);
    expect((await client.get("old"))!.entry).toMatchObject({ args: [1] });
    await clock.advance(2_000);
    expect(sent()).toContain("new@1");
  });

  it("are written although some of them cannot be, each of which has its reason", async () => {
    const { client, lead } = world();
    await lead({ schedule: { config: hourly } });
    const wrong = { task: "", schedule: "1h" };
    const given = new Map<string, EntryInput>([
      ["good", hourly],
      ["wrong", wrong],
      ["@beatx/mine", hourly],
      ["over", { task: "t", schedule: { type: "clocked", at: "2001-01-01T00:00:00Z" } }],
      ["unknown", { task: "t", schedule: { type: "lunar" } }],
      ["large", { task: "t", schedule: "1h", args: ["x".repeat(2_000_000)] }],
      ["config", { ...hourly, args: [2] }],
      ["last", hourly],
    ]);
    const results = await client.putMany(given);
    expect(results.map(({ name }) => name)).toEqual([...given.keys()]);
    expect(outcomesOf(results)).toEqual({
      good: "done",
      wrong: "CONFIG",
      "@beatx/mine": "CONFIG",
      over: "CONFIG",
      unknown: "UNKNOWN_SCHEME",
      large: "VALUE_TOO_LARGE",
      config: "done",
      last: "done",
    });
    expect(results.find(({ name }) => name === "wrong")!.error!.message).toContain("wrong.task");
    expect((await client.list()).map(({ name }) => name)).toEqual(["config", "good", "last"]);
    expect(await client.get("config")).toMatchObject({ overridden: true });
  });

  it("are written over what others write meanwhile, as put does", async () => {
    const { client, clock, connect } = world();
    const store = connect();
    const { getEntries } = store;
    let raced = 0;
    store.getEntries = async (some) => {
      const entries = await getEntries(some);
      if (raced++ === 0) await client.put("e1", { ...hourly, args: ["other"] });
      return entries;
    };
    const results = await createClient({ store, clock }).putMany(numbered(3).map((name) => [name, hourly]));
    expect(outcomesOf(results)).toEqual({ e0: "done", e1: "done", e2: "done" });
    expect((await client.get("e1"))!.entry).not.toHaveProperty("args");
  });

  it("of which others keep changing one: that one is a conflict", async () => {
    const { client, clock, connect } = world();
    const store = connect();
    const { setSchedule } = store;
    let round = 0;
    store.setSchedule = async (changes, lease) => {
      await client.put("e1", { ...hourly, args: [round++] });
      return setSchedule(changes, lease);
    };
    const results = await createClient({ store, clock }).putMany(numbered(3).map((name) => [name, hourly]));
    expect(outcomesOf(results)).toEqual({ e0: "done", e1: "CONFLICT", e2: "done" });
  });

  it("of which the store took some before it failed: the results say which, and repeating the call makes them whole", async () => {
    const { client, clock, connect } = world();
    const store = connect();
    const { setSchedule } = store;
    let writes = 0;
    store.setSchedule = async (changes, lease) => {
      if (++writes === 2) throw new StoreError("the line was cut");
      return setSchedule(changes, lease);
    };
    const breaking = createClient({ store, clock });
    const given = numbered(6_000).map((name) => [name, hourly] as const);
    const results = await breaking.putMany(given);
    const stored = new Set((await client.list()).map(({ name }) => name));
    expect(stored.size).toBeGreaterThan(0);
    expect(stored.size).toBeLessThan(given.length);
    for (const { name, error } of results) {
      expect(error === null).toBe(stored.has(name));
      if (error) expect(error).toMatchObject({ code: "STORE", message: expect.stringContaining("the line was cut") });
    }
    expect(writes).toBe(2);
    const failed = new Set(results.filter(({ error }) => error).map(({ name }) => name));
    const again = await breaking.putMany(given.filter(([name]) => failed.has(name)));
    expect(again.every(({ error }) => error === null)).toBe(true);
    expect(await client.list()).toHaveLength(given.length);
  });

  it("are refused if a name comes twice, or the argument is no list of entries, before anything is written", async () => {
    const { client, store } = world();
    const twice = client.putMany([
      ["a", hourly],
      ["a", hourly],
    ]);
    await expect(twice).rejects.toThrow(/the name "a" comes twice/);
    for (const given of [null, 5, "ab", [hourly], [["a"]]]) {
      await expect(client.putMany(given as never)).rejects.toThrow(/entries (is|has the item) .*: expected /);
    }
    expect(await client.putMany([])).toEqual([]);
    expect(await storedNames(store)).toEqual([]);
  });
});

describe("many entries that are removed at once", () => {
  it("go with their requested runs, each with its result", async () => {
    const { client, store, clock, connect } = world();
    await client.putMany(numbered(4).map((name) => [name, hourly]));
    for (const name of ["e0", "e1", "e1", "e2"]) await client.runNow(name);
    const results = await client.removeMany(["e0", "e1", "never", "e3"]);
    expect(outcomesOf(results)).toEqual({ e0: "done", e1: "done", never: "NOT_FOUND", e3: "done" });
    expect((await client.list()).map(({ name }) => name)).toEqual(["e2"]);
    expect((await storedNames(store)).filter((name) => name.startsWith("@beatx/run/"))).toHaveLength(1);
    const other = createClient({ store: connect(), clock });
    expect(outcomesOf(await other.removeMany(new Set(["e2"])))).toEqual({ e2: "done" });
    expect((await storedNames(store)).filter((name) => name.startsWith("@beatx/run/"))).toEqual([]);
  });

  it("leave those of the configuration, and say why", async () => {
    const { client, lead } = world();
    await lead({ schedule: { config: hourly } });
    await client.put("mine", hourly);
    const results = await client.removeMany(["config", "mine"]);
    expect(outcomesOf(results)).toEqual({ config: "CONFLICT", mine: "done" });
    expect(results[0]!.error!.message).toMatch(/comes from the configuration of the nodes/);
    expect((await client.list()).map(({ name }) => name)).toEqual(["config"]);
  });

  it("of which one is gone already, with runs that are left, is done", async () => {
    const { client, store } = world();
    await client.put("gone", hourly);
    await client.runNow("gone");
    const [stored] = await store.getEntries(["gone"]);
    await store.setSchedule([{ name: "gone", definition: null, expectedRevision: stored!.revision }]);
    expect(outcomesOf(await client.removeMany(["gone"]))).toEqual({ gone: "done" });
    expect(await storedNames(store)).toEqual([]);
  });

  it("are not known to be removed if the store fails", async () => {
    const { client, clock, connect } = world();
    await client.putMany(numbered(2).map((name) => [name, hourly]));
    const store = connect();
    const failing = createClient({ store, clock });
    store.failNext("getEntries");
    expect(outcomesOf(await failing.removeMany(numbered(2)))).toEqual({ e0: "STORE", e1: "STORE" });
    store.failNext("listEntries");
    const results = await failing.removeMany(numbered(2));
    expect(outcomesOf(results)).toEqual({ e0: "STORE", e1: "STORE" });
    expect(results.every(({ error }) => BeatxError.isInstance(error))).toBe(true);
    await expect(failing.removeMany("e0" as never)).rejects.toThrow(/names is "e0": expected an array of names/);
  });
});
