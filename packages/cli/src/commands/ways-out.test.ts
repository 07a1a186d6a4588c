import { createBeat, silentLogger } from "@beatx/core";
import { storeProvider } from "@beatx/store-lmdb";
import { afterEach, describe, expect, it } from "vitest";
import { hintFor } from "../configuration/with-client.js";
import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const inStore = (...args: string[]): Promise<Ended> => folder.run([...args, "--store", stored.uri]);
const VERBS = ["pause", "resume", "reset", "run", "remove"];

describe("a name that is not stored", () => {
  it.each(VERBS)("for %s, but in the configuration file: says so, and that no node leads", async (verb) => {
    await folder.configure({ schedule: { tax: YEARLY } });
    const { exitCode, stderr } = await inStore(verb, "tax");
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      'beatx: "tax" is in beat.config.json, but not stored yet: no node leads: if none runs with this configuration, start one (beatx start)\n',
    );
  });

  it.each(VERBS)("for %s, in a configuration that the leader must not merge: says why", async (verb) => {
    const publisher = (): Promise<void> => Promise.resolve();
    const node = { store: stored.uri, stores: [storeProvider], publisher, logger: silentLogger };
    const beat = createBeat({ ...node, schedule: { other: YEARLY } });
    await beat.tick();
    await folder.configure({ schedule: { tax: YEARLY } });
    const { exitCode, stderr } = await inStore(verb, "tax");
    await beat.stop();
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^beatx: "tax" is in beat\.config\.json, but not stored yet: .*belongs to another configuration/,
    );
  });

  it.each([...VERBS, "next"])("for %s: names the entry that was probably meant", async (verb) => {
    await stored.client.put("Nightly-Report", YEARLY);
    const { exitCode, stderr } = await inStore(verb, "nightly-reprot");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/there is no entry "nightly-reprot".*: did you mean "Nightly-Report"\? see "beatx list"\n$/);
  });
});

describe("a configuration file with a wrong entry", () => {
  const schedule = { tax: YEARLY, wrong: { task: "t", schedule: "0 99 * * *" } };
  const warning =
    /^beatx: warning: beat\.config\.json: schedule\.wrong\.schedule.*; no node starts with this configuration\n$/;

  it.each([
    ["status", 4],
    ["list", 0],
    ["pause tax", 0],
    ["resume tax", 0],
    ["reset tax", 0],
    ["run tax", 4],
    ["remove api", 0],
  ] as const)("lets beatx %s work on the store, and is a warning", async (line, expected) => {
    await stored.client.put("tax", YEARLY);
    await stored.client.put("api", YEARLY);
    await folder.configure({ store: stored.uri, schedule });
    const { exitCode, stdout, stderr } = await folder.run(line.split(" "));
    expect(exitCode).toBe(expected);
    expect(stdout).toContain(line.split(" ")[1] ?? "tax");
    expect(stderr).toMatch(warning);
  });

  it.each([["start"], ["next", "tax"], ["simulate"]])(
    "is refused by beatx %s, which reads entries of it",
    async (...args) => {
      await folder.configure({ store: stored.uri, schedule });
      const { exitCode, stderr } = await folder.run(args);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining("schedule.wrong.schedule")]);
    },
  );

  it("is refused by beatx status, too, if something else is wrong as well", async () => {
    await folder.configure({ store: stored.uri, schedule, lockTtlMs: "x" });
    expect((await folder.run(["status"])).exitCode).toBe(2);
  });
});

describe("beatx resume", () => {
  it("of an entry that is done says that it is done, and how to send it once more", async () => {
    const node = { store: stored.uri, stores: [storeProvider], logger: silentLogger };
    const publisher = (): Promise<void> => Promise.resolve();
    const beat = createBeat({ ...node, publisher });
    await stored.client.put("once", { task: "t", schedule: "1h", firstRun: "now", maxRuns: 1 });
    while ((await stored.client.get("once"))?.runs !== 1) await beat.tick();
    await beat.stop();
    await stored.client.pause("once");
    expect((await inStore("resume", "once")).stdout).toBe(
      'once is no longer paused, but it is done: its schedule has no further run. "beatx run once" sends it once.\n',
    );
  });

  it("of an entry that is disabled says so", async () => {
    await stored.client.put("off", { ...YEARLY, enabled: false });
    await stored.client.pause("off");
    expect((await inStore("resume", "off")).stdout).toContain("disabled in its definition: nothing is sent");
  });
});

describe("an empty variable", () => {
  afterEach(() => void delete process.env["BEATX_STORE"]);

  it("BEATX_STORE is named, and not --store", async () => {
    process.env["BEATX_STORE"] = "";
    const { exitCode, stderr } = await folder.run(["status"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^beatx: BEATX_STORE: store is "": expected a URI/);
  });

  it("BEATX_STORE is not named if --store is given, too", async () => {
    process.env["BEATX_STORE"] = stored.uri;
    expect((await folder.run(["status", "--store", ""])).stderr).toMatch(
      /^beatx: --store: store is "": expected a URI/,
    );
  });
});

describe("a store that says why it cannot be used", () => {
  it.each([
    ["could not read: the server has reached maxmemory and takes no writes", ""],
    ["could not read: the server does not accept the user or password: check those in the URI", ""],
    ["could not read: the server has no database of that number", ""],
    [
      "could not read: redis://127.0.0.1:1/0: connect ECONNREFUSED 127.0.0.1:1",
      ". Is it running, and is the URI right?",
    ],
    ["could not read: redis://h:1/0 did not answer within 2 s", ". Is it running, and is the URI right?"],
  ])("%s%s", (why, hint) => expect(hintFor(why)).toBe(hint));
});
