import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BeatxError } from "@beatx/core";
import { describe, expect, it } from "vitest";

import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";
import { exitCodeOfImport } from "./import-report.js";

const folder = commandFolder();
const stored = storeIn(folder);
const inStore = (...args: string[]): Promise<Ended> => folder.run(["import", ...args, "--store", stored.uri]);
const JOBS = "CRON_TZ=Europe/Berlin\n# Invoices\n0 7 * * mon-fri /opt/invoices.sh\n@daily /opt/tidy\n";

async function write(text = JOBS): Promise<void> {
  await writeFile(join(folder.path, "jobs"), text);
}

const namesIn = async (): Promise<string[]> => (await stored.client.list()).map(({ name }) => name);

describe("beatx import", () => {
  it("writes what it reads, and shows it", async () => {
    await write();
    const { exitCode, stdout, stderr } = await inStore("crontab", "jobs");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^NAME +SCHEDULE +NEXT RUN +LAST RUN +STATE\n/);
    expect(stdout).toMatch(/^invoices +0 7 \* \* mon-fri \(Europe\/Berlin\) +\d{4}-\d\d-\d\d 07:00:00\+0[12]:00 +not known +imported$/m); // prettier-ignore
    expect(stdout).toMatch(/^2 entries imported$/m);
    expect(await namesIn()).toEqual(["invoices", "tidy"]);
    expect(await stored.client.get("invoices")).toMatchObject({ source: "api", entry: { description: "Invoices" } });
  });

  it("writes over nothing unless it is told to, and then the exit code says so", async () => {
    await write();
    await stored.client.put("tidy", YEARLY);
    const kept = await inStore("crontab", "jobs");
    expect(kept.exitCode).toBe(5);
    expect(kept.stderr).toBe(
      "beatx: tidy: there is an entry of this name already: --replace writes over it, --rename imports under another name\n",
    );
    expect(await stored.client.get("tidy")).toMatchObject({ entry: { task: "tax.send" } });
    const { exitCode } = await inStore("crontab", "jobs", "--replace");
    expect(exitCode).toBe(0);
    expect(await stored.client.get("tidy")).toMatchObject({ entry: { task: "shell" } });
  });

  it("names what it cannot import, and goes on with the rest", async () => {
    await write("@reboot /opt/up\n@daily /opt/tidy\n");
    const { exitCode, stdout, stderr } = await inStore("crontab", "jobs");
    expect(exitCode).toBe(4);
    expect(stderr).toContain("beatx: jobs:1 cannot be imported: @reboot is not kept");
    expect(stdout).toContain("1 entry imported, 1 not\n");
    expect(await namesIn()).toEqual(["tidy"]);
  });

  it("says once what is true of several entries", async () => {
    await write("@reboot /opt/up\n@reboot /opt/two\n0 7 * * * /opt/a\n0 8 * * * /opt/b\n");
    await stored.client.put("a", YEARLY);
    await stored.client.put("b", YEARLY);
    const { stdout, stderr } = await inStore("crontab", "jobs");
    expect(stderr).toMatch(
      /^beatx: a, b: there is an entry of this name already[^\n]*\nbeatx: jobs:1, jobs:2 cannot be/,
    );
    expect(stdout).toContain("0 entries imported, 4 not\n");
  });

  it("fits a narrow terminal without cutting its times", async () => {
    await write("0 7 * * * /opt/a-program-with-a-long-name\n30 7 * * mon-fri /opt/another-one\n");
    const args = ["import", "crontab", "jobs", "--dry-run", "--timezone", "Europe/Berlin", "--store", stored.uri];
    const { stdout } = await folder.run(args, { isTTY: true, columns: 80 });
    const table = stdout.split("\n").slice(0, 3);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(table[1]).toMatch(/^a-prog\S* +0 7 .* in \d.* not known +new$/);
  });

  it("says so if it finds nothing", async () => {
    await write("# no job\n");
    expect((await inStore("crontab", "jobs")).stdout).toBe("nothing to import was found\n");
  });

  it("counts an entry that the store does not take, for want of a package, as one that cannot be imported", () => {
    const result = { name: "sun", error: new BeatxError("UNKNOWN_SCHEME", "no package knows solar"), replaced: false, schedule: null, nextRunAt: null }; // prettier-ignore
    expect(exitCodeOfImport({ imported: { entries: [], refused: [], notes: [] }, results: [result] })).toBe(4);
  });

  it("takes some, under other names, with tags and for an application", async () => {
    await write();
    const flags = [
      "--only",
      "in*",
      "--rename",
      "invoices=bills",
      "--prefix",
      "host1.",
      "--tag",
      "moved",
      "--app",
      "shop",
    ];
    await inStore("crontab", "jobs", ...flags);
    expect(await namesIn()).toEqual(["shop/host1.bills"]);
    expect(await stored.client.get("shop/host1.bills")).toMatchObject({ tags: ["moved"] });
    const wrong = await inStore("crontab", "jobs", "--only", "none");
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: 'beatx: --only "none" fits no entry: the entries are invoices, tidy\n',
    });
    const twice = await inStore("crontab", "jobs", "--rename", "tidy=invoices");
    expect(twice).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('two entries would be called "invoices"'),
    });
  });

  it("catches up from a moment that is given", async () => {
    await write();
    const { stdout } = await inStore("crontab", "jobs", "--since", "2026-01-02T12:00:00Z", "--json");
    const { entries } = JSON.parse(stdout);
    expect(entries[1]).toMatchObject({
      name: "tidy",
      state: "imported",
      lastRunAt: "2026-01-02T12:00:00.000Z",
      nextRunAt: "2026-01-02T23:00:00.000Z",
    });
    const wrong = await inStore("crontab", "jobs", "--since", "soon");
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--since") });
  });

  it("writes nothing in a dry run", async () => {
    await write();
    const { exitCode, stdout } = await inStore("crontab", "jobs", "--dry-run");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("2 entries would be imported; nothing was written (--dry-run)\n");
    expect(await namesIn()).toEqual([]);
  });

  it("prints a configuration, which a node and --as-config understand", async () => {
    await write();
    const { stdout, stderr } = await inStore("crontab", "jobs", "--print");
    expect(stderr).toContain('provide a worker or handler of the task "shell"');
    expect(await namesIn()).toEqual([]);
    await folder.configure({ ...JSON.parse(stdout), store: stored.uri });
    await folder.run(["import", "crontab", "jobs", "--as-config"]);
    expect(await stored.client.get("tidy")).toMatchObject({ source: "config" });
    expect(await folder.run(["diff"])).toMatchObject({ exitCode: 0 });
  });

  it("reads standard input, and lists its kinds", async () => {
    const { exitCode } = await folder.run(["import", "crontab", "-", "--store", stored.uri], { stdin: JOBS });
    expect(exitCode).toBe(0);
    expect(await namesIn()).toEqual(["invoices", "tidy"]);
    expect((await folder.run(["import", "--help"])).stdout).toContain("crontab [options] <file...>");
    expect((await folder.run(["import", "crontap", "x"])).stderr).toContain("Did you mean crontab?");
  });

  it("prints a text that an option asks for, and imports nothing", async () => {
    const { exitCode, stdout, stderr } = await inStore("celery-beat", "--script");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("Prints the schedule of Celery beat as JSON");
    expect(await namesIn()).toEqual([]);
  });

  it("takes what that script has printed elsewhere", async () => {
    const schedule = { type: "interval", seconds: 60, relative: false };
    const entry = { name: "ping", task: "ops.ping", schedule, args: [], kwargs: {}, options: {}, notes: [], lastRunAt: "2026-01-01T00:00:30Z" }; // prettier-ignore
    const dump = { beatx: "celery-beat", format: 1, source: "configuration", timezone: "UTC", scheduler: "", state: null, notes: [], entries: [entry] }; // prettier-ignore
    await write(JSON.stringify(dump));
    const { exitCode, stdout } = await inStore("celery-beat", "jobs", "--rename", "ping=pong");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^pong +every 1m +\S+ \d\d:\d\d:30Z \(now\) +2026-01-01 00:00:30Z +imported$/m);
    expect(await stored.client.get("pong")).toMatchObject({
      entry: { schedule: { anchor: "2026-01-01T00:00:30.000Z" } },
    });
  });
});
