import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createBeat, silentLogger } from "@beatx/core";
import { storeProvider } from "@beatx/store-lmdb";
import { beforeEach, describe, expect, it } from "vitest";
import { commandFolder, storeIn } from "../../test/command-folder.js";

const folder = commandFolder();
const store = storeIn(folder);
const job = (task: string) => ({ task, schedule: "1h" });
const OLD = { kept: job("t"), job: job("v1"), gone: job("t"), edited: job("v1") };
const NEW = { kept: job("t"), job: job("v2"), added: job("t"), edited: job("v2") };

/** Runs a node with this configuration until it has merged it. */
async function deploy(options: object): Promise<void> {
  const publisher = () => Promise.resolve();
  const beat = createBeat({ store: store.uri, stores: [storeProvider], publisher, logger: silentLogger, ...options });
  await beat.tick();
  await beat.stop();
}

beforeEach(async () => {
  await deploy({ app: "billing", schedule: OLD });
  await store.client.put("billing/edited", job("by hand"));
  await folder.configure({ store: store.uri, app: "billing", schedule: NEW });
});

const DIFF = `+ billing/added: task "t", schedule every 1h
- billing/gone: task "t", schedule every 1h
~ billing/job: task "v1" -> "v2"
! billing/edited: stored (by a client): task "by hand"; configuration: task "v2"
1 added, 1 vanished, 1 changed, 1 changed by clients, 1 unchanged
`;

describe("beatx diff", () => {
  it("names what differs, and how, and ends with 1", async () => {
    expect(await folder.run(["diff"])).toEqual({ exitCode: 1, stdout: DIFF, stderr: "" });
    expect((await store.client.get("billing/job"))?.entry["task"]).toBe("v1");
  });

  it("is coloured in a terminal, unless NO_COLOR is set", async () => {
    const { stdout } = await folder.run(["diff"], { isTTY: true });
    expect(stdout).toContain('\u001b[33m~ billing/job: task "v1" -> "v2"\u001b[0m\n');
    expect((await folder.run(["diff"], { isTTY: true, env: { NO_COLOR: "1" } })).stdout).toBe(DIFF);
  });

  it("prints JSON with both versions", async () => {
    const { stdout, exitCode } = await folder.run(["diff", "--json"]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      changed: [{ name: "billing/job", stored: { task: "v1" }, configured: { task: "v2" } }],
      unchanged: ["billing/kept"],
    });
  });

  it("ends with 0 if nothing differs", async () => {
    await folder.configure({ store: store.uri, app: "billing", schedule: { ...OLD, edited: job("by hand") } });
    expect(await folder.run(["diff"])).toEqual({ exitCode: 0, stdout: "4 unchanged\n", stderr: "" });
  });

  it("ends with 2 for every failure", async () => {
    const failures = [
      ["diff", "--colour"],
      ["diff", "--config", "none.json"],
      ["diff", "--store", "redis://127.0.0.1:1/0", "--command-timeout-ms", "100"],
      ["diff", "--app", "a/b"],
    ];
    for (const args of failures) {
      const { exitCode, stdout, stderr } = await folder.run(args);
      expect([args, exitCode, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toMatch(/^beatx: /);
    }
    await folder.configure({ store: store.uri, schedule: NEW });
    const foreign = await folder.run(["diff"]);
    expect([foreign.exitCode, foreign.stdout]).toEqual([2, ""]);
    expect(foreign.stderr).toContain("belongs to another configuration");
  });
});

describe("beatx apply", () => {
  it("writes what it names; vanished entries end with --prune alone", async () => {
    const applied = await folder.run(["apply"]);
    expect(applied).toEqual({
      exitCode: 0,
      stdout: `${DIFF}written\nvanished entries stay: --prune ends them\n`,
      stderr: "",
    });
    const names = async (): Promise<string[]> => (await store.client.list()).map(({ name }) => name);
    expect(await names()).toEqual(["added", "edited", "gone", "job", "kept"].map((name) => `billing/${name}`));
    expect((await folder.run(["apply", "--prune"])).stdout).toMatch(/^- billing\/gone: .*\n! [^]*\nwritten\n$/);
    expect(await names()).toEqual(["added", "edited", "job", "kept"].map((name) => `billing/${name}`));
    expect((await store.client.get("billing/edited"))?.entry["task"]).toBe("by hand");
  });

  it("writes nothing in a dry run", async () => {
    const { stdout, exitCode } = await folder.run(["apply", "--dry-run", "--prune"]);
    expect([exitCode, stdout]).toEqual([0, `${DIFF}nothing was written (--dry-run)\n`]);
    expect((await store.client.get("billing/job"))?.entry["task"]).toBe("v1");
  });

  it("prints JSON, and takes name and version from the command line", async () => {
    const write = (schedule: object): Promise<void> =>
      writeFile(join(folder.path, "other.json"), JSON.stringify({ store: store.uri, schedule }));
    await write({ report: job("t") });
    const args = ["--config", "other.json", "--app", "mail", "--config-version", "7", "--json"];
    expect(JSON.parse((await folder.run(["apply", ...args])).stdout)).toMatchObject({
      dryRun: false,
      prune: false,
      added: [{ name: "mail/report" }],
    });
    expect((await store.client.status()).apps).toContainEqual({ app: "mail", configVersion: 7, entries: 1 });
    await write({ report: job("older") });
    const { exitCode, stderr } = await folder.run(["apply", ...args, "--config-version", "6"]);
    expect(exitCode).toBe(5);
    expect(stderr).toContain("the stored configuration has version 7, and this one has 6: raise configVersion");
  });

  it("says what a configuration without name and version is worth", async () => {
    await folder.configure({ store: store.uri, namespace: "other", schedule: NEW });
    expect((await folder.run(["apply"])).stdout).toContain(
      "a node that takes over with another configuration merges that: give a configVersion\n",
    );
  });
});

describe("the other commands", () => {
  it("know the applications", async () => {
    await deploy({ app: "mail", schedule: { digest: job("t") }, configVersion: 3 });
    const status = await folder.run(["status"]);
    expect(status.stdout).toMatch(/^application +billing: 4 entries$/m);
    expect(status.stdout).toMatch(/^application +mail: 1 entry, version 3$/m);
    const listed = await folder.run(["list", "--app", "mail", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: "mail/digest", app: "mail" }]);
    expect((await folder.run(["next", "billing/added", "-n", "1"])).exitCode).toBe(0);
    expect((await folder.run(["pause", "billing/addde"])).stderr).toContain('did you mean "billing/added"?');
  });
});
