import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeContext } from "../../test/fake-context.js";
import type { Flags } from "./flags.js";
import { describePublisher, describeStore, readSettings, type Settings } from "./settings.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-cli-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function read(config: object | string, flags: Flags = {}): Promise<Settings> {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  await writeFile(join(folder, typeof config === "string" ? "beat.config.yaml" : "beat.config.json"), text);
  return readSettings(flags, fakeContext(folder));
}

describe("settings", () => {
  it("come from the file unless the command line sets them", async () => {
    const { options, namespace, timezone, configName, storeSource } = await read({
      store: "redis://127.0.0.1:6379/0",
      namespace: "shop",
      timezone: "Europe/Berlin",
      lockTtlMs: 30_000,
    });
    expect(options).toMatchObject({ store: "redis://127.0.0.1:6379/0", lockTtlMs: 30_000 });
    expect({ namespace, timezone, configName, storeSource }).toEqual({
      namespace: "shop",
      timezone: "Europe/Berlin",
      configName: "beat.config.json",
      storeSource: "beat.config.json",
    });
  });

  it("on the command line override the file's, one by one", async () => {
    const { options } = await read({ store: "redis://a/0", lockTtlMs: 30_000 }, { store: "redis://b/0" });
    expect(options).toMatchObject({ store: "redis://b/0", lockTtlMs: 30_000 });
  });

  it("need no file; the default store is a folder", async () => {
    const settings = await readSettings({}, fakeContext(folder));
    expect(settings.options.store).toBe("lmdb:./.beatx");
    expect(settings).toMatchObject({ configName: null, storeSource: null, namespace: "beatx", timezone: "UTC" });
  });

  it("look for packages beside the file first, unless `from` is set", async () => {
    expect((await read({})).options.from).toBe(folder);
    expect((await read({ from: "/srv/app" })).options.from).toBe("/srv/app");
  });

  it("that a module leaves undefined count as omitted", async () => {
    const module =
      "export default { store: process.env.NO_SUCH_VARIABLE, publisher: undefined, namespace: undefined };";
    await writeFile(join(folder, "beat.config.mjs"), module);
    const settings = await readSettings({}, fakeContext(folder));
    expect(settings).toMatchObject({ storeSource: null, namespace: "beatx", options: { store: "lmdb:./.beatx" } });
    expect(settings.options).not.toHaveProperty("publisher");
    const given = await readSettings({ publisher: "celery+redis://h" }, fakeContext(folder));
    expect(given.options).toMatchObject({ store: "lmdb:./.beatx", publisher: "celery+redis://h" });
  });

  it("put the file's providers before the built-in one", async () => {
    await writeFile(
      join(folder, "beat.config.mjs"),
      'export default { stores: [{ schemes: ["lmdb"], open: async () => null }] };',
    );
    const { options } = await readSettings({}, fakeContext(folder));
    expect(options.stores?.map(({ schemes }) => schemes)).toEqual([["lmdb"], ["lmdb"]]);
  });
});

describe("a wrong setting", () => {
  it("in the file is reported with the file and the field", async () => {
    const entry = { task: "ops.ping", schedule: "every 1s", agrs: [] };
    await expect(read({ schedule: { ping: entry } })).rejects.toThrow(
      /^beat\.config\.json: unknown field "schedule\.ping\.agrs" in an entry/,
    );
    await expect(read({ schedul: {} })).rejects.toThrow(
      /^beat\.config\.json: unknown field "schedul" in the options of beatx/,
    );
    await expect(read({ timezone: "Europe/Berlim" })).rejects.toThrow(/^beat\.config\.json: .*Europe\/Berlim/);
  });

  it("on the command line is reported with its option", async () => {
    await expect(read({}, { lockTtlMs: 100, maxLoopIntervalMs: 200 })).rejects.toThrow(
      /^--lock-ttl-ms: lockTtlMs \(100\)/,
    );
    await expect(read({}, { namespace: "a b" })).rejects.toThrow(/^--namespace: namespace is "a b"/);
  });

  it("does not hide the others: each is reported with its file or option", async () => {
    const entry = { task: "", schedule: "99 * * * *" };
    const reading = read({ colour: 1, lockTtlMs: -1, schedule: { ping: entry } }, { namespace: "a b" });
    const error = (await reading.catch((thrown: unknown) => thrown)) as Error;
    expect(error.message.split("\n")).toEqual([
      expect.stringMatching(/^beat\.config\.json: unknown field "colour"/),
      expect.stringMatching(/^--namespace: namespace is "a b"/),
      expect.stringMatching(/^beat\.config\.json: lockTtlMs is -1/),
      expect.stringMatching(/^beat\.config\.json: schedule\.ping\.task is ""/),
      expect.stringMatching(/^beat\.config\.json: schedule\.ping\.schedule: .*minute "99"/),
    ]);
  });

  it("that was left empty is refused: the value may have been forgotten", async () => {
    await expect(read("store:\nnamespace: shop\n")).rejects.toThrow("beat.config.yaml: store is empty");
  });
});

describe("a store or publisher in words", () => {
  it("has no password", () => {
    expect(describeStore({ store: "redis://user:hunter2@db:6379/0" })).toBe("redis://***@db:6379/0");
    expect(describePublisher({ store: "", publisher: "celery+redis://:hunter2@db/1" })).toBe("celery+redis://***@db/1");
  });

  it("may be functions", () => {
    const work = (): Promise<void> => Promise.resolve();
    expect(describePublisher({ store: "", publisher: work })).toBe("a function in the configuration");
    expect(describePublisher({ store: "", handlers: { "ops.ping": work, b: work } })).toBe(
      "handlers of this process: ops.ping, b",
    );
  });
});
