import { describe, expect, it } from "vitest";

import { START, world } from "../../test/world.js";
import { ConfigError } from "../base/errors.js";
import type { EntryInput } from "../entry/entry.js";
import { createClient } from "./store-client.js";

const hourly: EntryInput = { task: "t", schedule: "1h", missed: "all" };
const every10s: EntryInput = { task: "t", schedule: "10s", missed: "all" };
const SECOND = 1_000;

describe("entries that ran elsewhere", () => {
  it("go on after their last run: nothing runs twice, and what was missed in between is caught up", async () => {
    const { client, clock, lead, sent } = world();
    await lead();
    await clock.advance(35 * SECOND);
    const results = await client.importEntries([
      { name: "known", entry: every10s, lastRunAt: START + 10 * SECOND },
      { name: "settled", entry: every10s, lastRunAt: START + 30 * SECOND },
      { name: "unknown", entry: every10s },
    ]);
    expect(results).toEqual([
      { name: "known", error: null, schedule: "every 10s", nextRunAt: START + 20 * SECOND, replaced: false },
      { name: "settled", error: null, schedule: "every 10s", nextRunAt: START + 40 * SECOND, replaced: false },
      { name: "unknown", error: null, schedule: "every 10s", nextRunAt: START + 40 * SECOND, replaced: false },
    ]);
    await clock.advance(10 * SECOND);
    expect(sent().sort()).toEqual(["known@20", "known@30", "known@40", "settled@40", "unknown@40"]);
  });

  it("are not written over what exists, unless that is asked for: then the counts go on", async () => {
    const { client, clock, lead } = world();
    await lead({ schedule: { mine: every10s } });
    await client.put("api", every10s);
    await clock.advance(25 * SECOND);
    const given = [
      { name: "api", entry: hourly },
      { name: "mine", entry: hourly },
      { name: "new", entry: hourly },
    ];
    const refused = await client.importEntries(given);
    expect(refused.map(({ name, error }) => [name, error?.code ?? "done"])).toEqual([
      ["api", "CONFLICT"],
      ["mine", "CONFLICT"],
      ["new", "done"],
    ]);
    expect(await client.get("api")).toMatchObject({ schedule: "every 10s" });
    const replaced = await client.importEntries(given, { replace: true });
    expect(replaced.map(({ error, replaced }) => [error, replaced])).toEqual([
      [null, true],
      [null, true],
      [null, true],
    ]);
    expect(await client.get("api")).toMatchObject({ schedule: "every 1h", runs: 2, source: "api" });
    expect(await client.get("mine")).toMatchObject({
      schedule: "every 1h",
      runs: 2,
      source: "config",
      overridden: true,
    });
  });

  it("stay paused, with a note, and owe nothing when they are resumed", async () => {
    const { client, clock, lead, sent } = world();
    await lead();
    const [result] = await client.importEntries([{ name: "p", entry: every10s, paused: true, lastRunAt: START }]);
    expect(result).toMatchObject({ error: null, nextRunAt: null });
    await clock.advance(25 * SECOND);
    expect(await client.get("p")).toMatchObject({ paused: true, pause: { note: "imported as paused" } });
    await client.resume("p");
    await clock.advance(10 * SECOND);
    expect(sent()).toEqual(["p@30"]);
  });

  it("written as those of the configuration go on with a node that has the same ones", async () => {
    const { client, clock, connect, lead, sent } = world();
    const mine = createClient({ store: connect(), clock, configuration: { app: "billing", schedule: {} } });
    const options = { source: "config" } as const;
    const [result] = await mine.importEntries(
      [{ name: "a", entry: every10s, lastRunAt: START - 25 * SECOND }],
      options,
    );
    expect(result).toMatchObject({ name: "billing/a", error: null });
    await lead({ app: "billing", schedule: { a: every10s } });
    await clock.advance(SECOND);
    expect(sent()).toEqual(["billing/a@-20", "billing/a@-10", "billing/a@0"]);
    expect(await client.get("billing/a")).toMatchObject({ source: "config", app: "billing", overridden: false });
  });

  it("are only looked at in a dry run", async () => {
    const { client, lead } = world();
    await lead({ schedule: { mine: hourly } });
    const given = [
      { name: "mine", entry: hourly },
      { name: "over", entry: { task: "t", schedule: { type: "clocked", at: "2001-01-01T00:00:00Z" } } },
      { name: "wrong", entry: { task: "t", schedule: "61 * * * *" } },
      { name: "good", entry: hourly, lastRunAt: START },
    ];
    const results = await client.importEntries(given, { dryRun: true });
    expect(results.map(({ name, error, nextRunAt }) => [name, error?.code ?? nextRunAt])).toEqual([
      ["mine", "CONFLICT"],
      ["over", "CONFIG"],
      ["wrong", "CONFIG"],
      ["good", START + 3_600 * SECOND],
    ]);
    expect((await client.list()).map(({ name }) => name)).toEqual(["mine"]);
  });

  it("that would never run after their last run are refused", async () => {
    const { client, lead } = world();
    await lead();
    const once: EntryInput = { task: "t", schedule: { type: "clocked", at: "2029-12-31T23:59:50Z" } };
    const results = await client.importEntries([
      { name: "ran", entry: once, lastRunAt: START - 10 * SECOND },
      { name: "owed", entry: once, lastRunAt: START - 11 * SECOND },
    ]);
    expect(results.map(({ error }) => error?.message ?? null)).toEqual([
      expect.stringContaining("the entry would never run"),
      null,
    ]);
  });

  it.each([
    [[{ name: "a", entry: hourly, lastRunAt: "yesterday" }], 'entries[0].lastRunAt is "yesterday"'],
    [
      [
        { name: "a", entry: hourly },
        { name: "a", entry: hourly },
      ],
      "comes twice",
    ],
    [[{ name: "@beatx/x", entry: hourly }], "reserved"],
    [[{ name: "a", entry: hourly, pause: true }], "unknown field"],
    [{ a: hourly }, "expected a list"],
  ])("%j is refused as a whole", async (given, words) => {
    const refused = world().client.importEntries(given as never);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(words);
  });
});
