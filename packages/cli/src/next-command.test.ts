import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type EntryInput } from "@beatx/core";
import { lmdbStore } from "@beatx/store-lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeContext } from "../test/fake-context.js";
import { runProgram } from "./program.js";

const YEARLY: EntryInput = { task: "tax.send", schedule: { type: "crontab", minute: 0, hour: 7, dayOfMonth: 1, monthOfYear: 1, timezone: "Europe/Berlin" } }; // prettier-ignore

let folder: string;
let storeUri: string;
let close: () => Promise<void>;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-cli-"));
  storeUri = `lmdb:${join(folder, "store")}`;
  const store = lmdbStore({ folder: join(folder, "store") });
  client = createClient({ store });
  close = () => store.close();
});

afterEach(async () => {
  await close();
  await rm(folder, { recursive: true });
});

async function run(...args: string[]) {
  const context = fakeContext(folder);
  const exitCode = await runProgram(args, context);
  return { exitCode, ...context.printed };
}

const inStore = (...args: string[]) => run(...args, "--store", storeUri);

const configure = (config: object): Promise<void> =>
  writeFile(join(folder, "beat.config.json"), JSON.stringify(config));

describe("next", () => {
  it("shows the runs in the entry's zone and in UTC", async () => {
    await client.put("tax", YEARLY);
    const lines = (await inStore("next", "tax", "-n", "2")).stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("tax: 0 7 1 1 * (Europe/Berlin)");
    expect(lines[1]).toMatch(/^Europe\/Berlin +UTC$/);
    expect(lines[2]).toMatch(/^20\d\d-01-01 07:00:00\+01:00 {2}20\d\d-01-01 06:00:00Z {2}in /);
    expect(lines).toHaveLength(4);
  });

  it("computes an entry that is only configured, with its policies", async () => {
    const tax = { ...YEARLY, startAt: "2090-06-01T00:00:00Z", maxRuns: 2 };
    await configure({ schedule: { tax } });
    const { stdout } = await inStore("next", "tax");
    expect(stdout).toContain("not stored yet, computed from beat.config.json");
    expect(stdout).toContain("2091-01-01 07:00:00+01:00");
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
    expect(JSON.parse((await inStore("next", "tax", "--json")).stdout)).toMatchObject({
      stored: false,
      next: [{ runAt: "2091-01-01T06:00:00.000Z" }, { runAt: "2092-01-01T06:00:00.000Z" }],
    });
  });

  it("prefers what is stored", async () => {
    await client.put("tax", YEARLY);
    await configure({ schedule: { tax: { task: "a", schedule: "every 1s" } } });
    expect((await inStore("next", "tax")).stdout).toContain("tax: 0 7 1 1 *");
  });

  it("of a paused entry tells how to go on", async () => {
    await client.put("tax", YEARLY);
    await client.pause("tax");
    expect((await inStore("next", "tax")).stdout).toContain('nothing is sent until "beatx resume tax"');
  });

  it("of an unknown entry ends with exit code 3", async () => {
    const { exitCode, stderr } = await inStore("next", "nope");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: 'beatx: there is no entry "nope": see "beatx list"\n',
    });
  });

  it("of an entry that runs at once says so", async () => {
    const once = { task: "t", schedule: "1h", firstRun: "now", maxRuns: 1 };
    await configure({ schedule: { once, "once and away": { ...once, whenDone: "remove" } } });
    for (const name of ["once", "once and away"]) {
      const { exitCode, stdout } = await run("next", name, "--json");
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ entry: name, stored: false, next: [{}] });
    }
  });

  it.each(["constructor", "toString", "__proto__"])("of %s ends with exit code 3: it is no entry", async (name) => {
    await configure({ schedule: { tax: YEARLY } });
    const { exitCode, stderr } = await inStore("next", name);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`there is no entry "${name}"`);
  });

  it("refuses a count of 0", async () => {
    await configure({ schedule: { tax: YEARLY } });
    const { exitCode, stderr } = await run("next", "tax", "-n", "0");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("option '-n, --count <n>' argument '0' is invalid");
  });

  it("knows an entry of the configuration that is over and would be removed", async () => {
    const schedule = { type: "clocked", at: "2020-01-01T00:00:00Z" };
    await configure({ schedule: { once: { task: "t", schedule, whenDone: "remove" } } });
    const { exitCode, stdout } = await run("next", "once");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("never runs again");
  });
});
