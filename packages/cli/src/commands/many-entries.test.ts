import { userInfo } from "node:os";
import type { EntryInput } from "@beatx/core";
import { lmdbStore } from "@beatx/store-lmdb";
import { beforeEach, describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn } from "../../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const inStore = (...args: string[]): Promise<Ended> => folder.run([...args, "--store", stored.uri]);
const HOURLY: EntryInput = { task: "t", schedule: "1h" };
const REPORT: EntryInput = { ...HOURLY, tags: ["reports"] };
const FAR = "2900-01-01T00:00:00Z";

beforeEach(async () => {
  await stored.client.putMany({ "mail.a": REPORT, "mail.b": HOURLY, other: REPORT });
});

async function pausedNames(): Promise<string[]> {
  return (await stored.client.list()).filter(({ paused }) => paused).map(({ name }) => name);
}

describe("pause", () => {
  it("says until when, why and by whom, and so do list, status, show and next", async () => {
    const { exitCode, stdout } = await inStore(
      "pause",
      "mail.a",
      "--until",
      FAR,
      "--note",
      "db upgrade",
      "--by",
      "anna",
    );
    const words = "until 2900-01-01 00:00:00Z (db upgrade, anna)";
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `mail.a is paused ${words}; next run: 2900-01-01 01:00:00Z.\n` }); // prettier-ignore
    await inStore("pause", "other", "--by", "bert");
    const { stdout: list } = await inStore("list");
    expect(list).toContain(`paused ${words}\n`);
    expect(list).toMatch(/^other .* never +never +paused \(bert\)$/m);
    expect((await inStore("status")).stdout).toMatch(
      /^paused +2 entries: mail\.a until 2900-01-01 00:00:00Z \(db upgrade, anna\); other \(bert\)$/m,
    );
    const status = JSON.parse((await inStore("status", "--json")).stdout);
    expect(status).toMatchObject({ pausedCount: 2, paused: [{ name: "mail.a", pause: { by: "anna", until: "2900-01-01T00:00:00.000Z" } }, { name: "other", pause: { until: null } }] }); // prettier-ignore
    const [first] = JSON.parse((await inStore("list", "--json")).stdout);
    expect(first).toMatchObject({ paused: true, active: false, pause: { note: "db upgrade", until: "2900-01-01T00:00:00.000Z" } }); // prettier-ignore
    expect((await inStore("next", "mail.a")).stdout).toMatch(/^mail\.a: every 1h; paused until 2900-01-01 .*\n.*\n2900-01-01 01:00:00Z /); // prettier-ignore
  });

  it("fits into a narrow terminal", async () => {
    await inStore("pause", "mail.a", "--until", "+2h", "--note", "x".repeat(200));
    for (const columns of [60, 80]) {
      const { stdout } = await folder.run(["list", "--store", stored.uri], { isTTY: true, columns });
      for (const line of stdout.trimEnd().split("\n")) expect(line.length, line).toBeLessThanOrEqual(columns);
      expect(stdout).toMatch(columns === 80 ? /paused, ends in 1 h 59 min/ : /pause/);
    }
  });

  it("is by the user of the process, unless it is told", async () => {
    await inStore("pause", "mail.a");
    expect((await stored.client.get("mail.a"))!.pause).toMatchObject({
      by: userInfo().username,
      note: null,
      until: null,
    });
  });

  it.each([
    [
      ["mail.b", "other"],
      ["mail.b", "other"],
    ],
    [
      ["--tag", "reports"],
      ["mail.a", "other"],
    ],
    [
      ["--prefix", "mail."],
      ["mail.a", "mail.b"],
    ],
    [["--all"], ["mail.a", "mail.b", "other"]],
  ])("of %j and resume have a line for each entry", async (args, names) => {
    const paused = await inStore("pause", ...args, "--until", FAR, "--note", "n");
    expect(paused).toEqual({ exitCode: 0, stderr: "", stdout: names.map((name) => `${name} is paused until 2900-01-01 00:00:00Z.\n`).join("") }); // prettier-ignore
    expect(await pausedNames()).toEqual(names);
    const json = JSON.parse((await inStore("pause", ...args, "--json")).stdout);
    expect(json).toEqual(names.map((entry) => ({ entry, paused: true, until: null })));
    const resumed = await inStore("resume", ...args);
    expect(resumed).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: names.map((name) => `${name} is not paused.\n`).join(""),
    });
    expect(await pausedNames()).toEqual([]);
    expect(JSON.parse((await inStore("resume", ...args, "--json")).stdout)).toEqual(names.map((entry) => ({ entry, paused: false }))); // prettier-ignore
  });

  it("of several names does what it can, and ends with the exit code of the worst", async () => {
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length) });
    await store.setSchedule([{ name: "torn", definition: "{", expectedRevision: null }]);
    await store.close();
    const missing = await inStore("pause", "mail.a", "mail.c", "other");
    expect(missing).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/^mail\.a is paused\.\nother is paused\.\n$/) as string }); // prettier-ignore
    expect(missing.stderr).toBe('beatx: there is no entry "mail.c": did you mean "mail.a"? see "beatx list"\n');
    const worst = await inStore("pause", "mail.b", "none", "torn", "--json");
    expect(worst.exitCode).toBe(1);
    expect(JSON.parse(worst.stdout)).toMatchObject([
      { entry: "mail.b", paused: true },
      { entry: "none", error: { code: "NOT_FOUND" } },
      { entry: "torn", error: { code: "BAD_ENTRY" } },
    ]);
    expect(await pausedNames()).toEqual(["mail.a", "mail.b", "other"]);
  });

  it.each([
    [[], "expected the names of entries, or one of --tag, --prefix and --all"],
    [["mail.a", "--all"], "expected the names of entries, or one of --tag, --prefix and --all, not several of them"],
    [["mail.a", "--until", "yesterday"], '--until "yesterday" is not a moment'],
    [["mail.a", "--until", "-1h"], "lies in the past"],
    [["--all", "--until", "2020-01-01"], "until 2020-01-01T00:00:00.000Z lies in the past"],
    [["--tag", ""], 'tag is ""'],
    [["mail.a", "other", "--if-revision", "1"], "--if-revision needs the name of one entry"],
    [["mail.a", "--note", "x".repeat(501)], "note is "],
  ])("with %j is refused with exit code 2", async (args, message) => {
    const { exitCode, stdout, stderr } = await inStore("pause", ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(await pausedNames()).toEqual([]);
  });

  it("that matches nothing says so, with exit code 3", async () => {
    expect(await inStore("pause", "--tag", "none")).toEqual({ exitCode: 3, stdout: "", stderr: 'beatx: no entry has the tag "none": see "beatx list --wide"\n' }); // prettier-ignore
    expect(await inStore("resume", "--prefix", "x")).toMatchObject({ exitCode: 3 });
  });

  it("and resume and remove are refused under another revision, with exit code 5", async () => {
    const { revision } = (await stored.client.get("other"))!;
    await stored.client.put("other", { ...REPORT, args: [1] });
    for (const verb of ["pause", "resume", "remove"]) {
      expect(await inStore(verb, "other", "--if-revision", revision)).toMatchObject({ exitCode: 5, stdout: "" });
    }
    const now = (await stored.client.get("other"))!.revision;
    expect(await inStore("pause", "other", "--if-revision", now)).toMatchObject({ exitCode: 0 });
  });
});

describe("remove and run", () => {
  it("of several names have a line for each, and the exit code of the worst", async () => {
    const ran = await inStore("run", "mail.a", "none", "other");
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout.match(/will be sent once, but not before the problem below is solved\. Message id: .*\nproblem: /g)).toHaveLength(2); // prettier-ignore
    expect(ran.stderr).toMatch(/there is no entry "none"/);
    const json = JSON.parse((await inStore("run", "mail.a", "other", "--json")).stdout);
    expect(json).toMatchObject([{ entry: "mail.a", problems: [{ kind: "no-leader" }] }, { entry: "other" }]);
    const removed = await inStore("remove", "mail.a", "mail.b", "mail.a");
    expect(removed).toMatchObject({ exitCode: 0, stdout: "mail.a is removed: it will not be sent again.\nmail.b is removed: it will not be sent again.\n" }); // prettier-ignore
    expect(await inStore("remove", "mail.a", "other", "--json")).toMatchObject({ exitCode: 3 });
    expect(await stored.client.list()).toEqual([]);
  });
});

describe("simulate", () => {
  it("shows the runs after the end of a pause only", async () => {
    const until = new Date(Date.now() + 36 * 3_600_000);
    const range = ["--from", new Date(until.getTime() - 12 * 3_600_000).toISOString(), "--to", "+24h", "--json"];
    await stored.client.pause("other", { until });
    const { stdout } = await folder.run(["simulate", "--store", stored.uri, "--entry", "other", ...range]);
    const { runs, entries } = JSON.parse(stdout);
    expect(runs.length).toBeGreaterThanOrEqual(11);
    expect(Date.parse(runs[0].scheduledAt)).toBeGreaterThan(until.getTime());
    expect(JSON.stringify(entries)).toContain(`paused until ${until.toISOString()}`);
  });
});
