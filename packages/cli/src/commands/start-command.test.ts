import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandFolder } from "../../test/command-folder.js";

const folder = commandFolder();

async function writeConfig(publisher: string): Promise<void> {
  const text = `export default {
    store: ${JSON.stringify(`lmdb:${join(folder.path, "store")}`)},
    publisher: ${publisher},
    timezone: "Europe/Berlin",
    schedule: {
      tick: { task: "ops.tick", schedule: "every 1s" },
      report: { task: "reports.send", schedule: "0 7 * * *" },
    },
  };`;
  await writeFile(join(folder.path, "beat.config.mjs"), text);
}

describe("a node", () => {
  it("prints its settings, that it leads and what it sends, and stops on a signal", async () => {
    await writeConfig("async () => {}");
    const { context, exitCode } = folder.start(["start", "--verbose"]);
    await context.until("published  entry=tick");
    context.signal("SIGTERM");
    expect(await exitCode).toBe(0);
    const { stdout, stderr } = context.printed;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^store +lmdb:\S+ \(namespace beatx\)$/m);
    expect(stdout).toMatch(/^publisher +a function in the configuration$/m);
    expect(stdout).toMatch(/^entries +2 in beat\.config\.mjs$/m);
    expect(stdout).toMatch(/^ {2}tick +every 1s +20.* \(in \d\.\d s\)$/m);
    expect(stdout).toMatch(/^ {2}report +0 7 \* \* \* \(Europe\/Berlin\) +20\d\d-\d\d-\d\d 07:00:00\+0[12]:00 \(in /m);
    expect(stdout).toMatch(/\d {2}leading {2}fence=\d+\n[^]*SIGTERM: stopping[^]*stopped\n$/);
    expect(context.listeners).toBe(0);
    expect(context.exits).toEqual([]);
  });

  it("starts with entries whose runs must not overlap, and refuses them if its publisher cannot tell", async () => {
    const configure = async (file: string, sends: string): Promise<void> => {
      const tick = '{ task: "ops.tick", schedule: "1s", overlap: { policy: "skip", ttlMs: 60_000 } }';
      const store = JSON.stringify(`lmdb:${join(folder.path, "store")}`);
      const text = `export default { store: ${store}, schedule: { tick: ${tick} }, ${sends} };`;
      await writeFile(join(folder.path, file), text);
    };
    await configure("can.mjs", 'handlers: { "ops.tick": async () => {} }');
    await configure("cannot.mjs", "publisher: async () => {}");
    const { context, exitCode } = folder.start(["start", "--verbose", "--config", "can.mjs"]);
    await context.until("published  entry=tick");
    context.signal("SIGTERM");
    expect(await exitCode).toBe(0);
    const refused = await folder.run(["start", "--config", "cannot.mjs"]);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("schedule.tick.overlap is") });
  });

  it("with --json prints only JSON lines", async () => {
    await writeConfig("async () => {}");
    const { context, exitCode } = folder.start(["start", "--json"]);
    await context.until('"leading"');
    context.signal("SIGINT");
    expect(await exitCode).toBe(0);
    const lines = context.printed.stdout.trimEnd().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
    expect(lines[0]).toMatchObject({ msg: "starting", namespace: "beatx", entries: 2, config: "beat.config.mjs" });
    expect(lines[0].next[0]).toMatchObject({ name: "tick", schedule: "every 1s" });
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(["joined", "leading", "stopped"]));
    expect(lines.every(({ time, level }) => typeof time === "string" && typeof level === "string")).toBe(true);
  });

  it("reports an outage of its publisher once, and goes on", async () => {
    await writeConfig('async () => { throw new Error("the queue is full"); }');
    const { context, exitCode } = folder.start(["start"]);
    await context.until("the queue is full");
    context.signal("SIGTERM");
    expect(await exitCode).toBe(0);
    expect(context.printed.stdout.match(/error: publisher: the queue is full/g)).toHaveLength(1);
  });

  it("ends at once on the second signal, with the signal's exit code", async () => {
    await writeConfig("async () => {}");
    const { context, exitCode } = folder.start(["start"]);
    await context.until("dispatching");
    context.signal("SIGTERM");
    await context.until("SIGTERM: stopping");
    context.signal("SIGINT");
    expect(context.exits).toEqual([130]);
    context.signal("SIGTERM");
    expect(context.exits).toEqual([130, 143]);
    await exitCode;
  });
});
