import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const run = (...args: string[]): Promise<Ended> => folder.run(args);
const inStore = (...args: string[]): Promise<Ended> => run(...args, "--store", stored.uri);
const elsewhere = (): string => `lmdb:${join(folder.path, "other")}`;
const inOther = (...args: string[]): Promise<Ended> => run(...args, "--store", elsewhere());

describe("beatx export", () => {
  it("writes what beatx import beatx reads: the entries go on elsewhere", async () => {
    await stored.client.put("a", { ...YEARLY, tags: ["x"] });
    await stored.client.pause("a", { note: "audit" });
    const exported = await inStore("export", "--hold", "--output", "move.json");
    expect(exported).toMatchObject({ exitCode: 0, stdout: "" });
    expect(exported.stderr).toContain("1 entry exported to move.json; the schedule is held");
    expect((await stat(join(folder.path, "move.json"))).mode & 0o777).toBe(0o600);
    const tried = await inOther("import", "beatx", "move.json", "--dry-run");
    expect(tried.stdout).toMatch(/^a +0 7 1 1 \* \(Europe\/Berlin\) +- +not known +new, paused$/m);
    const moved = await inOther("import", "beatx", "move.json", "--json");
    expect(moved).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(moved.stdout)).toMatchObject({
      kind: "beatx",
      entries: [{ name: "a", state: "imported, paused" }],
      notes: [],
    });
    const shown = JSON.parse((await inOther("show", "a", "--json")).stdout);
    expect(shown).toMatchObject({ tags: ["x"], paused: true, pause: { note: "audit" }, entry: { task: "tax.send" } });
  });

  it("holds the schedule until it is released", async () => {
    await inStore("export", "--hold");
    expect(await inStore("status")).toMatchObject({
      exitCode: 4,
      stdout: expect.stringContaining("the schedule is held since"),
    });
    expect(await inStore("release")).toMatchObject({ exitCode: 0, stdout: "the hold has ended: nodes lead again\n" });
    expect(await inStore("release")).toMatchObject({ exitCode: 0, stdout: "the schedule is not held\n" });
  });

  it("says what a copy is, and whether messages keep their ids", async () => {
    await stored.client.put("a", YEARLY);
    const { stdout } = await inStore("export");
    const options = { stdin: stdout };
    const moved = await folder.run(["import", "beatx", "-", "--store", elsewhere(), "--namespace", "b"], options);
    expect(moved.stdout).toContain("the export was made without --hold");
    expect(moved.stdout).toContain('the namespace is "b" here, and was "beatx"');
  });

  it("never writes over a file, and holds nothing if it cannot write", async () => {
    await stored.client.put("a", YEARLY);
    await writeFile(join(folder.path, "move.json"), "mine");
    const refused = await inStore("export", "--hold", "--output", "move.json");
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: "beatx: --output move.json: there is such a file already: name another one\n",
    });
    expect(await readFile(join(folder.path, "move.json"), "utf8")).toBe("mine");
    expect((await inStore("release")).stdout).toBe("the schedule is not held\n");
  });

  it("is named as damaged where it is damaged", async () => {
    await writeFile(join(folder.path, "cut.json"), '{"beatx": "export",\n "records": [');
    const cut = await inOther("import", "beatx", "cut.json");
    expect(cut).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("cut.json: it is not valid JSON"),
    });
    expect((await inOther("import", "beatx", "none.json")).stderr).toBe("beatx: none.json: there is no such file\n");
    await writeFile(join(folder.path, "other.json"), '{"schedule": {}}');
    expect((await inOther("import", "beatx", "other.json")).stderr).toContain(
      'expected what "beatx export" has written',
    );
  });
});
