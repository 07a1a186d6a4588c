import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@beatx/test-servers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BeatxProcess, runBeatx } from "./run-beatx.js";

/** A folder from which store packages can be found, like the folder of an application. */
const APPLICATION = fileURLToPath(new URL("..", import.meta.url));

const CONFIG = `
interface Sent { id: string }
export default {
  publisher: async ({ id }: Sent) => { if (id === "") throw new Error("no id"); },
  timezone: "Europe/Berlin",
  schedule: {
    tick: { task: "ops.tick", schedule: "every 1s" },
    report: { task: "reports.send", schedule: "0 7 * * *" },
  },
};`;

let folder: string;
const nodes: BeatxProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-cli-"));
});

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.kill()));
  await rm(folder, { recursive: true });
});

function start(...args: string[]): BeatxProcess {
  const node = new BeatxProcess(folder, ["start", ...args]);
  nodes.push(node);
  return node;
}

const run = (...args: string[]) => runBeatx(folder, ...args);

describe("a node", () => {
  beforeEach(() => writeFile(join(folder, "beat.config.ts"), CONFIG));

  it("leads, and any other process sees the leader, the stored entries and the next runs", async () => {
    const node = start();
    const printed = await node.until("dispatching");
    expect(printed).toMatch(/^store +lmdb:\.\/\.beatx \(namespace beatx\)$/m);
    expect(printed).toMatch(/^ {2}report +0 7 \* \* \* \(Europe\/Berlin\)/m);

    const status = await run("status");
    expect(status.stdout).toMatch(new RegExp(`^leader +${hostname()}:${node.pid}, since .*\\(for `, "m"));
    expect(status.stdout).toMatch(/^lease +fence \d+, runs out in \d+ s unless renewed$/m);
    expect(status.stdout).toMatch(/^delivery +at least once/m);
    const { leader, entries } = JSON.parse((await run("status", "--json")).stdout);
    expect({ label: leader.label, entries }).toEqual({ label: `${hostname()}:${node.pid}`, entries: 2 });

    expect((await run("list")).stdout).toMatch(/^report +reports\.send .* 07:00:00\+0[12]:00 +never +active$/m);
    expect((await run("next", "report", "-n", "3")).stdout.match(/ 07:00:00\+0[12]:00 /g)).toHaveLength(3);
    expect((await run("next", "nope")).exitCode).toBe(3);
  });

  it("sends a run that another process requests", async () => {
    const node = start("--verbose");
    await node.until("dispatching");
    const { id } = JSON.parse((await run("run", "report", "--json")).stdout);
    expect(await node.until(`id=${id}`)).toMatch(/published {2}entry=report/);
  });

  it("that receives a signal releases its lease, and a standby leads", async () => {
    // The lease outlives the test: only a hand-over can make the second node lead.
    const patient = ["--json", "--lock-ttl-ms", "600000"];
    const first = start(...patient);
    await first.until("dispatching");
    const second = start(...patient);
    await second.until(`${hostname()}:${first.pid} leads`);
    first.signal("SIGTERM");
    const { exitCode, stdout } = await first.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toContain("SIGTERM: stopping");
    const lines = (await second.until("dispatching")).trimEnd().split("\n");
    const messages: string[] = lines.map((line) => JSON.parse(line).msg);
    expect(messages.filter((msg) => msg === "leading")).toHaveLength(1);
  });

  it("leaves the schedule of another application alone, and replaces it if told to", async () => {
    const first = start();
    await first.until("dispatching");
    first.signal("SIGTERM");
    await first.ended;
    await writeFile(join(folder, "beat.config.ts"), CONFIG.replace("tick:", "tock:").replace("report:", "bill:"));
    const foreign = start();
    const says = await foreign.until("namespace of its own");
    expect(says).toContain("its configuration has report, tick, and this one has none of them");
    expect((await run("status")).stdout).toContain("beatx start --replace");
    foreign.signal("SIGTERM");
    await foreign.ended;
    const names = async (): Promise<string[]> => JSON.parse((await run("list", "--json")).stdout).map(({ name }: { name: string }) => name); // prettier-ignore
    expect(await names()).toEqual(["report", "tick"]);
    expect(await start("--replace").until("dispatching")).toContain("2 entries, which were removed: ");
    expect(await names()).toEqual(["bill", "tock"]);
  });

  it("is not kept alive by a timer of its configuration", async () => {
    await writeFile(join(folder, "beat.config.ts"), `${CONFIG}\nsetInterval(() => {}, 1000);`);
    const node = start();
    await node.until("leading");
    node.signal("SIGINT");
    const { exitCode, stdout } = await node.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/stopped\n$/);
  });

  it("ends at once on the second signal, even in the middle of publishing", async () => {
    const stuck = CONFIG.replace(
      /publisher: .*/,
      "publisher: () => { console.log('stuck'); return new Promise(() => {}); },",
    );
    await writeFile(join(folder, "beat.config.ts"), stuck);
    const node = start();
    await node.until("stuck");
    node.signal("SIGTERM");
    await node.until("SIGTERM: stopping");
    node.signal("SIGTERM");
    expect((await node.ended).exitCode).toBe(143);
  });

  it("goes on after its output was closed", async () => {
    const node = start("--verbose");
    await node.until("dispatching");
    node.stopReading();
    const { id } = JSON.parse((await run("run", "report", "--json")).stdout);
    expect(id).toBeTypeOf("string");
    let runs = 0;
    while (runs === 0) [{ runs }] = JSON.parse((await run("list", "--json")).stdout).filter(({ name }: { name: string }) => name === "tick"); // prettier-ignore
    node.signal("SIGTERM");
    expect((await node.ended).exitCode).toBe(0);
  });
});

describe("simulate", () => {
  const simulate = (...args: string[]) => run("simulate", "--from", "2027-03-28", "--to", "2027-03-29", ...args);

  beforeEach(() => writeFile(join(folder, "beat.config.ts"), CONFIG));

  it("needs neither a node nor a store, and creates none", async () => {
    const { exitCode, stdout, stderr } = await simulate("--entry", "report", "--outage", "+5h..+8h");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^2027-03-28 09:00:00\+02:00 {2}07:00:00Z {2}report {2}caught up {2}07:00:00 {2}2h late$/m);
    expect(existsSync(join(folder, ".beatx"))).toBe(false);
  });

  it("draws plain text if the output is not a terminal", async () => {
    const { exitCode, stdout } = await simulate("--timeline");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^tick {4}#{46}$/m);
    expect(stdout).toMatch(/^report {2}\.{4}\|\.{7}\*\.{33}$/m);
  });

  it("merges the file with the stored schedule", async () => {
    const node = start();
    await node.until("dispatching");
    expect((await run("pause", "report")).exitCode).toBe(0);
    const { entries, runs } = JSON.parse((await simulate("--json")).stdout);
    expect(entries).toEqual([
      { name: "tick", sent: 23 * 3600, caughtUp: 0, skipped: 0 },
      { name: "report", sent: 0, caughtUp: 0, skipped: 0, note: "paused" },
    ]);
    expect(runs).toHaveLength(23 * 3600);
  });
});

describe("a configuration that keeps a server listening", () => {
  beforeEach(async () => {
    const server = 'import { createServer } from "node:http";\ncreateServer().listen(0, "127.0.0.1");';
    await writeFile(join(folder, "beat.config.ts"), `${server}\n${CONFIG}`);
  });

  it("does not keep a finished command alive", async () => {
    const { exitCode, stdout } = await run("simulate", "--file-only", "--entry", "report");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^report +1 +0 +0$/m);
  });

  it("does not keep alive a node that could not start", async () => {
    const { exitCode, stderr } = await run("start", "--publisher", "nope://h");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/no publisher answers to "nope:"/);
  });
});

describe("a command that fails", () => {
  it("because of an unknown option says so in one line", async () => {
    const { exitCode, stderr } = await run("status", "--stroe", "x");
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      "beatx: unknown option '--stroe' (Did you mean --store?); see beatx --help, or the command's own --help\n",
    );
  });

  it("because of a wrong field names the file and the field, without a stack", async () => {
    await writeFile(join(folder, "beat.config.yaml"), "schedule:\n  ping: { task: ops.ping, schedule: every day }\n");
    const { exitCode, stderr } = await run("start");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^beatx: beat\.config\.yaml: schedule\.ping\.schedule: .*"every day".*"@daily"\n$/);
  });

  it("because of a syntax error says how to find it", async () => {
    await writeFile(join(folder, "beat.config.mjs"), "export default {");
    const { exitCode, stderr } = await run("list");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^beatx: beat\.config\.mjs cannot be loaded: .*\("node beat\.config\.mjs" shows where\)\n$/);
  });

  it("because there is no store in the folder does not create one", async () => {
    for (const args of [["status"], ["list"], ["next", "a"], ["pause", "a"], ["remove", "a"], ["simulate"]]) {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^beatx: there is no store in \.\/\.beatx: start a node in this folder.*\n$/);
    }
    expect(existsSync(join(folder, ".beatx"))).toBe(false);
  });

  it("because the store is unreachable names it, the cause and what to check, once and without the password", async () => {
    const port = await freePort();
    const config = join(folder, "beat.config.json");
    await writeFile(config, JSON.stringify({ store: `redis://:hunter2@127.0.0.1:${port}/0` }));
    for (const args of [["status"], ["list", "--json"], ["next", "a"], ["resume", "a"], ["simulate"]]) {
      // No package lies beside the configuration: the store's package is found from the working directory.
      const { exitCode, stdout, stderr } = await runBeatx(APPLICATION, ...args, "--config", config);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toMatch(
        /^beatx: the store redis:\/\/\*\*\*@127\.0\.0\.1:\d+\/0 \(.*beat\.config\.json\) cannot be used: .*\n$/,
      );
      expect(stderr).toContain("ECONNREFUSED");
      expect(stderr).toContain("Is it running, and is the URI right?");
      expect(stderr).not.toContain("hunter2");
    }
  });
});
