import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { EntryInput } from "@beatx/core";
import { lmdbStore } from "@beatx/store-lmdb";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const inStore = (...args: string[]): Promise<Ended> => folder.run([...args, "--store", stored.uri]);
const HOURLY: EntryInput = { task: "t", schedule: "1h" };

async function jsonOf(...args: string[]) {
  const { stdout } = await inStore(...args, "--json");
  return JSON.parse(stdout);
}

describe("add", () => {
  it("creates an entry with every field that an entry has", async () => {
    const { exitCode, stdout, stderr } = await inStore(
      ...["add", "report", "--task", "reports.send", "--schedule", "0 7 * * mon-fri", "--args", '["daily", 1]'],
      ...["--kwargs", '{"a": {"b": [null]}}', "--options", '{"queue": "mail"}', "--tag", "reports", "--tag", "mail"],
      ...["--missed", "all", "--deadline-ms", "60000", "--max-catch-up", "5", "--start-at", "2026-01-01T00:00:00Z"],
      ...["--end-at", "2999-01-01", "--max-runs", "7", "--first-run", "now", "--when-done", "remove"],
      ...[
        "--jitter-ms",
        "0",
        "--expires-ms",
        "9000",
        "--spread-ms",
        "500",
        "--give-up-after-ms",
        "3600000",
        "--overlap",
        "skip",
        "--overlap-ttl-ms",
        "60000",
        "--description",
        "the report",
        "--disabled",
      ],
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe("report is added: 0 7 * * mon-fri (UTC); it is disabled.\n");
    expect((await stored.client.get("report"))!.entry).toMatchObject({
      task: "reports.send",
      args: ["daily", 1],
      kwargs: { a: { b: [null] } },
      options: { queue: "mail" },
      tags: ["reports", "mail"],
      missed: "all",
      deadlineMs: 60_000,
      spreadMs: 500,
      giveUpAfterMs: 3_600_000,
      maxCatchUp: 5,
      startAt: Date.parse("2026-01-01T00:00:00Z"),
      endAt: Date.parse("2999-01-01T00:00:00Z"),
      maxRuns: 7,
      firstRun: "now",
      whenDone: "remove",
      expiresMs: 9_000,
      overlap: { policy: "skip", ttlMs: 60_000 },
      description: "the report",
      enabled: false,
    });
  });

  it("takes a rule as JSON, and answers the entry with --json", async () => {
    const rule = '{"type": "clocked", "at": "2999-01-31T09:00:00Z"}';
    const entry = await jsonOf("add", "once", "--task", "t", "--schedule", rule);
    expect(entry).toMatchObject({ name: "once", source: "api", nextRunAt: "2999-01-31T09:00:00.000Z", pause: null });
  });

  it.each([
    [["--schedule", "1s"], "--task is missing: a new entry needs a task and a schedule, as in beatx add "],
    [["--task", "t"], "--schedule is missing: "],
    [["--task", "t", "--schedule", "1 parsec"], "new.schedule"],
    [["--task", "t", "--schedule", "{"], "--schedule { is not JSON ("],
    [["--task", "t", "--schedule", "1s", "--args", "daily"], "--args daily is not JSON ("],
    [["--task", "t", "--schedule", "1s", "--args", "{}"], "new.args is an object: expected an array"],
    [["--task", "t", "--schedule", "1s", "--missed", "some"], "option '--missed <policy>' argument 'some' is invalid"],
    [
      ["--task", "t", "--schedule", "1s", "--overlap", "skip"],
      "new.overlap.ttlMs is undefined: expected a whole number",
    ],
    [
      ["--task", "t", "--schedule", "1s", "--overlap", "queue"],
      "option '--overlap <policy>' argument 'queue' is invalid",
    ],
    [["--task", "t", "--schedule", "1s", "--max-runs", "x"], "option '--max-runs <n>' argument 'x' is invalid"],
    [["--task", "t", "--schedule", "1s", "--start-at", "soon"], '--start-at "soon" is not a moment'],
    [["--task", "t", "--schedule", "1s", "--tag", "a", "--tag", "a"], 'new.tags[1] is "a", which comes twice'],
  ])("with %j is refused with exit code 2, and the field", async (args, message) => {
    await stored.client.put("other", HOURLY);
    const { exitCode, stdout, stderr } = await inStore("add", "new", ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(await stored.client.get("new")).toBeNull();
  });

  it("refuses a name that exists, with exit code 5, and leaves it as it is", async () => {
    const { revision } = await stored.client.put("tax", YEARLY);
    const { exitCode, stderr } = await inStore("add", "tax", "--task", "t", "--schedule", "1s");
    expect(exitCode).toBe(5);
    expect(stderr).toBe(
      'beatx: there is an entry "tax" already: "beatx show tax" shows it, "beatx edit tax" changes it\n',
    );
    expect((await stored.client.get("tax"))!.revision).toBe(revision);
  });
});

describe("edit", () => {
  const edit = (...args: string[]): Promise<Ended> => inStore("edit", "job", ...args);
  const entryOf = async (): Promise<object> => (await stored.client.get("job"))!.entry;
  beforeEach(async () => {
    await stored.client.put("job", { ...HOURLY, args: [1], deadlineMs: 5_000, tags: ["a"] });
  });

  it("changes only the fields that are given, and takes others back to their defaults", async () => {
    const { exitCode, stdout } = await edit("--schedule", "2h", "--tag", "b", "--unset", "deadlineMs");
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^job is changed: every 2h; next run: /) as string }); // prettier-ignore
    expect(await entryOf()).toEqual({
      task: "t",
      schedule: { type: "interval", everyMs: 7_200_000 },
      args: [1],
      tags: ["b"],
    });
    await edit("--disabled");
    expect(await entryOf()).toMatchObject({ enabled: false });
    await edit("--enabled", "--unset", "tags");
    expect(await entryOf()).not.toHaveProperty("enabled");
  });

  it("that changes nothing says so, and writes nothing", async () => {
    const { revision } = (await stored.client.get("job"))!;
    expect(await edit("--args", "[1]")).toMatchObject({
      exitCode: 0,
      stdout: "job is as it was: nothing was changed.\n",
    });
    expect(await jsonOf("edit", "job", "--args", "[1]")).toMatchObject({ name: "job", changed: false, revision });
  });

  it("is refused under another revision than the one that is expected, with exit code 5", async () => {
    const { revision } = await stored.client.put("job", HOURLY);
    await stored.client.put("job", { ...HOURLY, args: [2] });
    const { exitCode, stderr } = await edit("--args", "[3]", "--if-revision", revision);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('"job" was changed at the same time: read it again and repeat the edit');
    expect(await entryOf()).toMatchObject({ args: [2] });
    const now = (await stored.client.get("job"))!.revision;
    expect(await jsonOf("edit", "job", "--args", "[3]", "--if-revision", now)).toMatchObject({ changed: true });
  });

  it.each([
    [["--unset", "task"], '--unset "task" has no default: expected one of except, onExcluded'],
    [["--unset", "colour"], '--unset "colour" is no field of an entry'],
    [["--max-runs", "0"], "job.maxRuns is 0: expected a whole number"],
    [["--args", "[1]", "--file", "x.json"], "edit takes either --file or the fields that change, not both"],
    [["--file", "none.json"], "--file none.json cannot be read: ENOENT"],
    [[], "no editor is set in VISUAL or EDITOR: set one, or give the fields that change"],
  ])("with %j is refused with exit code 2", async (args, message) => {
    const before = await stored.client.get("job");
    const { exitCode, stderr } = await edit(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(await stored.client.get("job")).toEqual(before);
  });

  it("takes the whole entry from a file", async () => {
    await writeFile(join(folder.path, "job.json"), JSON.stringify({ task: "u", schedule: "1m" }));
    expect((await edit("--file", "job.json")).exitCode).toBe(0);
    expect(await entryOf()).toEqual({ task: "u", schedule: { type: "interval", everyMs: 60_000 } });
  });

  it("of an entry that is not there names the one that was probably meant, with exit code 3", async () => {
    const { exitCode, stderr } = await inStore("edit", "jop", "--disabled");
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: 'beatx: there is no entry "jop": did you mean "job"? see "beatx list"\n' }); // prettier-ignore
  });
});

describe("edit in an editor", () => {
  let home: string;
  /** Runs the command with an editor that is this JavaScript, which has the entry's JSON as `text` and sets it. */
  async function editWith(script: string, meanwhile = ""): Promise<Ended> {
    const editor = join(home, "my editor.mjs");
    const lines = [
      `import { readFileSync, writeFileSync } from "node:fs";`,
      `const file = process.argv.at(-1);`,
      `let text = readFileSync(file, "utf8");`,
      `writeFileSync(${JSON.stringify(join(home, "seen"))}, text + file);`,
      script,
      `if (text !== readFileSync(file, "utf8")) writeFileSync(file, text);`,
      meanwhile,
    ];
    await writeFile(editor, lines.join("\n"));
    const env = { EDITOR: `"${process.execPath}" "${editor}" --wait`, VISUAL: "" };
    return folder.run(["edit", "job", "--store", stored.uri], { isTTY: true, env });
  }
  const keptFile = (stderr: string): string => /Your text is kept in (\S+): correct it/.exec(stderr)![1]!;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "beatx-editor-"));
    onTestFinished(() => rm(home, { recursive: true }));
    await stored.client.put("job", { ...HOURLY, args: [1] });
  });

  it("shows the entry as JSON, and writes what is saved", async () => {
    const { exitCode, stdout } = await editWith(`text = text.replace("3600000", "60000");`);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^job is changed: every 1m; /) as string }); // prettier-ignore
    const seen = await readFile(join(home, "seen"), "utf8");
    expect(JSON.parse(seen.slice(0, seen.lastIndexOf("}") + 1))).toEqual({ task: "t", schedule: { type: "interval", everyMs: 3_600_000 }, args: [1] }); // prettier-ignore
    const file = seen.slice(seen.lastIndexOf("}") + 2);
    await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("writes nothing if nothing is changed", async () => {
    const { revision } = (await stored.client.get("job"))!;
    expect(await editWith("")).toMatchObject({ exitCode: 0, stdout: "job is as it was: nothing was changed.\n" });
    expect((await stored.client.get("job"))!.revision).toBe(revision);
  });

  it.each([
    ["no JSON", `text = "{ oops";`, "entry.json is not JSON: "],
    ["no object", `text = "[]";`, "entry.json is not the JSON object of an entry"],
    ["a wrong field", `text = text.replace('"t"', '""');`, 'job.task is "": expected a non-empty string'],
    ["an unknown field", `text = text.replace('"task"', '"taks"');`, "job.taks"],
  ])("keeps a text with %s, says where it is and how to go on", async (_what, script, message) => {
    const before = await stored.client.get("job");
    const { exitCode, stdout, stderr } = await editWith(script);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(await stored.client.get("job")).toEqual(before);
    const file = keptFile(stderr);
    onTestFinished(() => rm(dirname(file), { recursive: true }));
    await writeFile(file, JSON.stringify({ ...before!.entry, args: [9] }));
    expect((await inStore("edit", "job", "--file", file)).exitCode).toBe(0);
    expect((await stored.client.get("job"))!.entry).toMatchObject({ args: [9] });
  });

  it("keeps the text if somebody else changed the entry meanwhile, with exit code 5", async () => {
    // The editor waits until this process has changed the entry.
    const flag = join(home, "changed");
    const wait = `import { existsSync } from "node:fs"; while (!existsSync(${JSON.stringify(flag)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);`; // prettier-ignore
    const editing = editWith(`text = text.replace("3600000", "60000");`, wait);
    while (!(await readFile(join(home, "seen"), "utf8").catch(() => ""))) await new Promise(setImmediate);
    await stored.client.put("job", { ...HOURLY, args: [7] });
    await writeFile(flag, "");
    const { exitCode, stderr } = await editing;
    expect(exitCode).toBe(5);
    expect(stderr).toContain('"job" was changed at the same time');
    const file = keptFile(stderr);
    onTestFinished(() => rm(dirname(file), { recursive: true }));
    expect(await readFile(file, "utf8")).toContain('"everyMs": 60000');
    expect((await stored.client.get("job"))!.entry).toMatchObject({ args: [7] });
  });

  it("changes nothing if the editor fails", async () => {
    const { exitCode, stderr } = await editWith("process.exit(3);");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^beatx: the editor ".*" failed: it ended with exit code 3\. The entry is as it was\n$/);
  });
});

describe("show", () => {
  it("shows all of an entry, and its next runs", async () => {
    await stored.client.put("tax", {
      ...YEARLY,
      args: ["a"],
      tags: ["money", "yearly"],
      endAt: "2999-01-01T00:00:00Z",
    });
    await stored.client.pause("tax", { note: "audit", by: "anna", until: "2900-06-01T00:00:00Z" });
    const { exitCode, stdout } = await inStore("show", "tax");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^entry +tax\ntask +tax\.send\nschedule +0 7 1 1 \* \(Europe\/Berlin\)\ntags +money, yearly\n/,
    );
    expect(stdout).toMatch(/^args +\["a"\]$/m);
    expect(stdout).toMatch(/^endAt +2999-01-01 01:00:00\+01:00$/m);
    expect(stdout).toMatch(/^state +paused until 2900-06-01 02:00:00\+02:00 \(audit, anna\)$/m);
    expect(stdout).toMatch(/^paused +20\d\d-.* ago\), by anna$/m);
    expect(stdout).toMatch(
      /^source +created through a client\nrevision +\S+\nruns +0 sent, 0 skipped\nlast run +never$/m,
    );
    expect(stdout).toMatch(/^next run +2901-01-01 07:00:00\+01:00 \(in .*\)\n +2902-01-01/m);
    expect(stdout.match(/-01-01 07:00:00\+01:00/g)).toHaveLength(5);
    const json = await jsonOf("show", "tax");
    expect(json).toMatchObject({ name: "tax", pause: { note: "audit", until: "2900-06-01T00:00:00.000Z" } });
    expect(json.next).toHaveLength(5);
  });

  it("of a broken entry says why, of one that is not there which is meant", async () => {
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length) });
    await store.setSchedule([{ name: "torn", definition: "{", expectedRevision: null }]);
    await store.close();
    expect(await inStore("show", "torn")).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/torn.*not JSON/) as string }); // prettier-ignore
    await stored.client.put("tax", YEARLY);
    expect(await inStore("show", "taxi")).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/mean "tax"\?/) as string }); // prettier-ignore
  });
});
