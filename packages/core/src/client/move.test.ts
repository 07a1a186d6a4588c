import { describe, expect, it } from "vitest";

import { START, world } from "../../test/world.js";
import { BeatxError, ConfigError, StoreError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import type { EntryInput } from "../entry/entry.js";
import { FakeClock } from "../testing/fake-clock.js";
import type { ScheduleExport } from "./schedule-export.js";

const SECOND = 1_000;
const everySecond: EntryInput = { task: "t", schedule: "1s", missed: "all" };
const hourly: EntryInput = { task: "t", schedule: "1h" };

/** Two clusters on one clock. */
function twoWorlds(): { from: ReturnType<typeof world>; to: ReturnType<typeof world>; clock: FakeClock } {
  const clock = new FakeClock(START);
  return { from: world(clock), to: world(clock), clock };
}

/** The answer of a call that waits on the clock. */
async function whileTimePasses<T>(clock: FakeClock, call: Promise<T>, stepMs = 100): Promise<T> {
  let isOver = false;
  void call.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  while (!isOver) await clock.advance(stepMs);
  return call;
}

const seconds = (count: number, first = 1): string[] =>
  Array.from({ length: count }, (_, index) => `e@${first + index}`);

describe("a move to another store", () => {
  it("while nodes run on both sides: nothing is lost, and nothing is sent twice", async () => {
    const { from, to, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond } });
    await from.run({ schedule: { e: everySecond } });
    await to.lead();
    await clock.advance(5_500);
    const exported = await whileTimePasses(clock, from.client.export({ hold: true }));
    expect(exported).toMatchObject({ held: true, namespace: "beatx", unreadable: [] });
    await clock.advance(60 * SECOND);
    const sentThere = from.sent();
    const results = await whileTimePasses(clock, to.client.importExport(JSON.parse(JSON.stringify(exported))));
    expect(results).toMatchObject([{ name: "e", error: null, schedule: "every 1s", replaced: false }]);
    await clock.advance(5 * SECOND);
    expect(from.sent()).toEqual(sentThere);
    const all = [...sentThere, ...to.sent()];
    expect(all).toEqual(seconds(all.length));
    expect(all.length).toBeGreaterThan(70);
    expect(await to.client.get("e")).toMatchObject({ runs: all.length, source: "config" });
    expect(await from.client.status()).toMatchObject({ leader: null, problems: [{ kind: "held" }] });
  });

  it("keeps rules, pauses, owners, counts, edits, tombstones and requested runs", async () => {
    const { from, to, clock } = twoWorlds();
    await from.lead({ app: "shop", configVersion: 7, schedule: { a: { ...everySecond, maxRuns: 10 }, b: hourly } });
    await from.client.put("mine", { ...everySecond, tags: ["x"] });
    await from.client.put("gone", everySecond);
    await from.client.put("shop/b", { ...hourly, args: [1] });
    await clock.advance(4 * SECOND);
    await from.client.remove("gone");
    await from.client.pause("mine", { note: "db", by: "anna" });
    await from.client.put("off", hourly);
    await from.client.pause("off");
    await from.client.runNow("off");
    const exported = await whileTimePasses(clock, from.client.export({ hold: true }));
    await whileTimePasses(clock, to.client.importExport(exported));
    for (const name of ["shop/a", "shop/b", "mine", "off"]) {
      const { revision: _one, ...there } = (await from.client.get(name))!;
      const { revision: _other, ...here } = (await to.client.get(name))!;
      expect(here).toEqual(there);
    }
    await to.lead({ app: "shop", configVersion: 7, schedule: { a: { ...everySecond, maxRuns: 10 }, b: hourly } });
    await clock.advance(20 * SECOND);
    expect(await to.client.get("shop/a")).toMatchObject({ runs: 10, nextRunAt: null });
    const runs = [...from.sent(), ...to.sent()].filter((each) => each.startsWith("shop/a@"));
    expect(new Set(runs).size).toBe(10);
    const status = await to.client.status();
    expect(status.removed).toMatchObject([{ name: "gone", runs: 4 }]);
    expect(status.apps).toMatchObject([{ app: "shop", configVersion: 7, entries: 2 }]);
    const off = [...from.sent(), ...to.sent()].filter((each) => each.startsWith("off@"));
    expect(off).toHaveLength(1);
  });

  it("back again ends the hold, and goes on with the counts", async () => {
    const { from, to, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond } });
    await to.lead();
    await clock.advance(3_500);
    const there = await whileTimePasses(clock, from.client.export({ hold: true }));
    await whileTimePasses(clock, to.client.importExport(there));
    await clock.advance(3 * SECOND);
    const back = await whileTimePasses(clock, to.client.export({ hold: true }));
    // Without its entries the hold must not end: its nodes would repeat what has run elsewhere.
    await expect(from.client.importExport(back)).rejects.toThrow(/is held, and stays so: 1 of its entries/);
    const placed = await whileTimePasses(clock, from.client.importExport(back, { replace: true }));
    expect(placed).toMatchObject([{ error: null, replaced: true }]);
    await clock.advance(5 * SECOND);
    const all = [...from.sent(), ...to.sent()].sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
    expect(all).toEqual(seconds(all.length));
  });

  it("is a copy without a hold: the nodes go on", async () => {
    const { from, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond } });
    await clock.advance(2_500);
    const exported = await from.client.export();
    await clock.advance(2 * SECOND);
    expect(exported).toMatchObject({ held: false });
    expect(exported.records.map(({ name, cursor }) => [name, cursor?.["runs"]])).toEqual([
      ["@beatx/cluster", undefined],
      ["e", 2],
    ]);
    expect(from.sent()).toEqual(seconds(4));
  });

  it("is only planned in a dry run", async () => {
    const { from, to, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond, f: hourly } });
    await clock.advance(1_500);
    const exported = await from.client.export();
    await to.client.put("f", hourly);
    const results = await to.client.importExport(exported, { dryRun: true });
    expect(results.map(({ name, error }) => [name, error?.code ?? "new"])).toEqual([
      ["e", "new"],
      ["f", "CONFLICT"],
    ]);
    expect((await to.client.list()).map(({ name }) => name)).toEqual(["f"]);
    expect(await to.client.release()).toBe(false);
  });

  it("that fails half-way keeps the schedule from running, says so, and can be repeated", async () => {
    const { from, to, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond } });
    await clock.advance(3_500);
    const exported = await whileTimePasses(clock, from.client.export({ hold: true }));
    await to.lead();
    const broken = to.connect();
    const { createClient } = await import("./store-client.js");
    const client = createClient({ store: broken, clock });
    broken.failNext("advance", { error: new StoreError("the disk is full") });
    const failing = whileTimePasses(clock, client.importExport(exported));
    await expect(failing).rejects.toThrow(
      /ended before everything was written: the disk is full\. The schedule is held/,
    );
    await clock.advance(20 * SECOND);
    expect(to.sent()).toEqual([]);
    expect((await to.client.status()).problems.map(({ kind }) => kind)).toEqual(["held"]);
    await whileTimePasses(clock, to.client.importExport(exported, { replace: true }));
    await clock.advance(2 * SECOND);
    const all = [...from.sent(), ...to.sent()];
    expect(all).toEqual(seconds(all.length));
    expect(await to.client.get("e")).toMatchObject({ runs: all.length });
  });
});

describe("a hold", () => {
  it("ends with release, and the nodes go on where they have stopped", async () => {
    const { from, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond } });
    await clock.advance(2_500);
    await whileTimePasses(clock, from.client.export({ hold: true }));
    const before = from.sent().length;
    await clock.advance(30 * SECOND);
    expect(from.sent()).toHaveLength(before);
    expect(await from.client.release()).toBe(true);
    expect(await from.client.release()).toBe(false);
    await clock.advance(10 * SECOND);
    const sent = from.sent();
    expect(sent).toEqual(seconds(sent.length));
    expect(sent.length).toBeGreaterThan(40);
  });

  it("also holds a node that starts later", async () => {
    const { from, clock } = twoWorlds();
    await from.lead({ schedule: { e: everySecond } });
    await whileTimePasses(clock, from.client.export({ hold: true }));
    await from.run({ schedule: { e: everySecond } });
    const before = from.sent().length;
    await clock.advance(60 * SECOND);
    expect(from.sent()).toHaveLength(before);
  });
});

describe("a damaged export", () => {
  const good: ScheduleExport = {
    beatx: "export",
    format: 1,
    namespace: "beatx",
    exportedAt: "2030-01-01T00:00:00.000Z",
    held: true,
    unreadable: [],
    records: [],
  };
  const entry: JsonObject = { format: 1, kind: "entry", source: "api", effectiveFrom: 0, paused: false, overridden: false, entry: { task: "t", schedule: "1s" } }; // prettier-ignore

  it.each([
    ["no object", "text", "is no export"],
    ["another file", { schedule: {} }, "is no export"],
    ["a newer format", { ...good, format: 2 }, "has format 2"],
    ["a record without a definition", { ...good, records: [{ name: "a" }] }, "records[0] of the export is damaged"],
    [
      "a record of another kind",
      { ...good, records: [{ name: "a", definition: { format: 1, kind: "x" } }] },
      'the record "a"',
    ],
    [
      "a broken cursor",
      { ...good, records: [{ name: "a", definition: entry, cursor: { at: "x" } }] },
      'its "at" is "x"',
    ],
    [
      "a name that comes twice",
      {
        ...good,
        records: [
          { name: "a", definition: entry },
          { name: "a", definition: entry },
        ],
      },
      "it comes twice",
    ],
    ["a reserved name", { ...good, records: [{ name: "@beatx/hold", definition: entry }] }, "its name is reserved"],
    [
      "a broken cluster record",
      { ...good, records: [{ name: "@beatx/cluster", definition: {} }] },
      "it is no cluster record",
    ],
  ])("%s is refused before anything is written", async (_what, given, words) => {
    const { client } = world();
    const refused = client.importExport(given as ScheduleExport);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(words);
    expect(await client.list()).toEqual([]);
    expect(await client.release()).toBe(false);
  });

  it("of a configuration with a name does not mix with one without", async () => {
    const { from, to, clock } = twoWorlds();
    await from.lead({ app: "shop", schedule: { e: hourly } });
    await to.lead({ schedule: { e: hourly } });
    await clock.advance(SECOND);
    const refused = to.client.importExport(await from.client.export());
    await expect(refused).rejects.toThrow("do not mix");
    await expect(refused).rejects.toSatisfy((error) => BeatxError.hasCode(error, "CONFIG"));
  });
});
