import { describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const run = (...args: string[]): Promise<Ended> => folder.run(args);
const inStore = (...args: string[]): Promise<Ended> => run(...args, "--store", stored.uri);

describe("next", () => {
  it("shows the runs in the entry's zone and in UTC", async () => {
    await stored.client.put("tax", YEARLY);
    const lines = (await inStore("next", "tax", "-n", "2")).stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("tax: 0 7 1 1 * (Europe/Berlin)");
    expect(lines[1]).toMatch(/^Europe\/Berlin +UTC$/);
    expect(lines[2]).toMatch(/^20\d\d-01-01 07:00:00\+01:00 {2}20\d\d-01-01 06:00:00Z {2}in /);
    expect(lines).toHaveLength(4);
  });

  it("computes an entry that is only configured, with its policies", async () => {
    const tax = { ...YEARLY, startAt: "2090-06-01T00:00:00Z", maxRuns: 2 };
    await folder.configure({ schedule: { tax } });
    const { stdout } = await inStore("next", "tax");
    expect(stdout).toContain("not stored yet, computed from beat.config.json");
    expect(stdout).toContain("2091-01-01 07:00:00+01:00");
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
    expect(JSON.parse((await inStore("next", "tax", "--json")).stdout)).toMatchObject({
      stored: false,
      next: [{ runAt: "2091-01-01T06:00:00.000Z" }, { runAt: "2092-01-01T06:00:00.000Z" }],
    });
  });

  it("computes a configured entry whose runs must not overlap, whatever the publisher", async () => {
    const tax = { ...YEARLY, overlap: { policy: "skip", ttlMs: 60_000 } };
    await folder.configure({ schedule: { tax } });
    const { exitCode, stdout } = await inStore("next", "tax", "-n", "1");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining("-01-01 07:00:00+01:00") });
  });

  it("prefers the stored entry", async () => {
    await stored.client.put("tax", YEARLY);
    await folder.configure({ schedule: { tax: { task: "a", schedule: "every 1s" } } });
    expect((await inStore("next", "tax")).stdout).toContain("tax: 0 7 1 1 *");
  });

  it("of a paused entry says how to resume it", async () => {
    await stored.client.put("tax", YEARLY);
    await stored.client.pause("tax");
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
    await folder.configure({ schedule: { once, "once and away": { ...once, whenDone: "remove" } } });
    for (const name of ["once", "once and away"]) {
      const { exitCode, stdout } = await run("next", name, "--json");
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ entry: name, stored: false, next: [{}] });
    }
  });

  it.each(["constructor", "toString", "__proto__"])("of %s ends with exit code 3: it is not an entry", async (name) => {
    await folder.configure({ schedule: { tax: YEARLY } });
    const { exitCode, stderr } = await inStore("next", name);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`there is no entry "${name}"`);
  });

  it("refuses a count of 0", async () => {
    await folder.configure({ schedule: { tax: YEARLY } });
    const { exitCode, stderr } = await run("next", "tax", "-n", "0");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("option '-n, --count <n>' argument '0' is invalid");
  });

  it("answers for a configured entry that is done and would be removed", async () => {
    const schedule = { type: "clocked", at: "2020-01-01T00:00:00Z" };
    await folder.configure({ schedule: { once: { task: "t", schedule, whenDone: "remove" } } });
    const { exitCode, stdout } = await run("next", "once");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("will never run again");
  });
});
