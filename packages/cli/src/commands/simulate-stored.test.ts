import { join } from "node:path";
import { createBeat, createClient, silentLogger } from "@beatx/core";
import { FakeClock } from "@beatx/core/testing";
import { lmdbStore, storeProvider } from "@beatx/store-lmdb";
import { describe, expect, it } from "vitest";
import { commandFolder } from "../../test/command-folder.js";
import { SCHEDULE, simulation } from "../../test/simulation.js";

const folder = commandFolder();
const { configure, printed, simulate } = simulation(folder);

describe("simulate of a stored schedule", () => {
  const withStore = async (use: (client: ReturnType<typeof createClient>) => Promise<unknown>): Promise<string> => {
    const store = lmdbStore({ folder: join(folder.path, "store") });
    await use(createClient({ store }));
    await store.close();
    return `lmdb:${join(folder.path, "store")}`;
  };

  it("combines the entries of the file with those created through a client", async () => {
    await configure({ schedule: SCHEDULE });
    const uri = await withStore((client) => client.put("ping", { task: "a", schedule: "1h" }));
    const { entries } = JSON.parse(await printed("--store", uri, "--json"));
    expect(entries).toEqual([
      { name: "report", sent: 1, caughtUp: 0, skipped: 0 },
      { name: "sync", sent: 4, caughtUp: 0, skipped: 0 },
      { name: "ping", sent: 24, caughtUp: 0, skipped: 0, note: "stored" },
    ]);
  });

  it("leaves paused entries out, and ignores the store with --file-only", async () => {
    await configure({ schedule: SCHEDULE });
    const uri = await withStore(async (client) => {
      await client.put("report", { task: "a", schedule: "1h" });
      await client.pause("report");
    });
    expect(await printed("--store", uri)).toMatch(/^report +0 +0 +0 +paused$/m);
    expect(await printed("--store", uri, "--file-only")).toMatch(/^report +1 +0 +0$/m);
  });

  it("needs no configuration file", async () => {
    const uri = await withStore((client) => client.put("ping", { task: "a", schedule: "6h" }));
    expect(await printed("--store", uri)).toMatch(/^2027-03-27 12:00:00Z +ping +sent +on time$/m);
  });

  it("without a file and without a store says what is missing", async () => {
    const nothing = await simulate(["--store", `lmdb:${join(folder.path, "none")}`, "--file-only"]);
    expect(nothing.exitCode).toBe(2);
    expect(nothing.stderr).toContain("has no schedule: leave --file-only out");
  });

  it("merges as the next leader does: a file of an older version does not count", async () => {
    const uri = `lmdb:${join(folder.path, "store")}`;
    const job = { task: "a", schedule: "1h" };
    const beat = createBeat({
      store: uri,
      stores: [storeProvider],
      publisher: () => Promise.resolve(),
      logger: silentLogger,
      configVersion: 2,
      app: "shop",
      schedule: { job },
    });
    await beat.tick();
    await beat.stop();
    const names = async (configVersion: number): Promise<string[]> => {
      await configure({ store: uri, configVersion, app: "shop", schedule: { other: job } });
      return JSON.parse(await printed("--json")).entries.map(({ name }: { name: string }) => name);
    };
    expect(await names(1)).toEqual(["shop/job"]);
    expect(await names(3)).toEqual(["shop/other"]);
  });

  it("names the stored entries that are broken, and refuses to simulate one of them", async () => {
    await configure({ schedule: SCHEDULE });
    const store = lmdbStore({ folder: join(folder.path, "store") });
    await store.setSchedule([{ name: "torn", definition: "{", expectedRevision: null }]);
    await store.close();
    const args = ["--store", `lmdb:${join(folder.path, "store")}`];
    expect(await printed(...args)).toMatch(/\nStored but broken \(see "beatx status"\): torn\n$/);
    expect(await printed(...args, "--entry", "report")).toMatch(/^report +1 +0 +0$/m);
    const { exitCode, stdout, stderr } = await simulate([...args, "--entry", "torn"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain('the stored definition of "torn" cannot be read: it is not JSON');
  });

  it("notes the entries whose stored definition counts, and those that are done", async () => {
    await configure({
      schedule: { ...SCHEDULE, past: { task: "a", schedule: { type: "clocked", at: "2027-03-27T00:00:00Z" } } },
    });
    const uri = await withStore((client) => client.put("report", { task: "a", schedule: "6h" }));
    const entries = async (...args: string[]): Promise<unknown> =>
      JSON.parse(await printed("--store", uri, "--json", ...args)).entries;
    expect(await entries()).toMatchObject([
      { name: "report", sent: 4, note: "stored: created by a client, overrides the file" },
      { name: "sync", sent: 4 },
      { name: "past", sent: 0, note: "done: it will never run again" },
    ]);
    // It is due at --from itself.
    expect(await entries("--from", "2027-03-27T00:00:00Z", "--entry", "past")).toEqual([
      { name: "past", sent: 1, caughtUp: 0, skipped: 0 },
    ]);
  });

  it("does not run an entry again that was removed when it was done", async () => {
    const once = { task: "t", schedule: "1h", firstRun: "now", maxRuns: 1, whenDone: "remove" } as const;
    const schedule = { once, ping: { task: "t", schedule: "6h" } };
    await configure({ schedule });
    const before = new FakeClock("2027-03-27T09:29:00Z");
    const store = lmdbStore({ folder: join(folder.path, "store"), clock: before });
    const publisher = (): Promise<void> => Promise.resolve();
    const beat = createBeat({ store, schedule, publisher, clock: before, logger: silentLogger });
    for (let ticks = 0; ticks < 3; ticks += 1) {
      await beat.tick();
      await before.advance(1_000);
    }
    await beat.stop();
    expect((await createClient({ store }).list()).map(({ name }) => name)).toEqual(["ping"]);
    await store.close();
    const { entries } = JSON.parse(await printed("--store", `lmdb:${join(folder.path, "store")}`, "--json"));
    expect(entries).toMatchObject([
      { name: "once", sent: 0, note: "done: all maxRuns were sent" },
      { name: "ping", sent: 4 },
    ]);
  });
});
