import { type Beat, createBeat, createClient, type Message, silentLogger } from "@beatx/core";
import { FakeClock } from "@beatx/core/testing";
import { lmdbStore, storeProvider } from "@beatx/store-lmdb";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn, YEARLY } from "../test/command-folder.js";

const folder = commandFolder();
const stored = storeIn(folder);
const run = (...args: string[]): Promise<Ended> => folder.run(args);
const inStore = (...args: string[]): Promise<Ended> => run(...args, "--store", stored.uri);
/** Runs the command in a terminal of this width. */
const inTerminal = (columns: number, ...args: string[]): Promise<Ended> =>
  folder.run([...args, "--store", stored.uri], { isTTY: true, columns });

const NODE = { stores: [storeProvider], logger: silentLogger };
const EVERY_SECOND = { task: "t", schedule: "1s" };

/** Ticks, as fast as the node wants to, until the condition holds. */
async function until(beat: Beat, holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(Math.min(await beat.tick(), 100));
}

describe("the command line", () => {
  it.each([
    [
      ["statu"],
      "beatx: unknown command 'statu' (Did you mean status?); see beatx --help, or the command's own --help\n",
    ],
    [["status", "--stor", "x"], "beatx: unknown option '--stor' (Did you mean --store?); see beatx --help, or the command's own --help\n"], // prettier-ignore
    [["next"], "beatx: missing required argument 'entry'; see beatx --help, or the command's own --help\n"],
    [["next", "a", "-n", "x"], "beatx: option '-n, --count <n>' argument 'x' is invalid. Expected a whole number; see beatx --help, or the command's own --help\n"], // prettier-ignore
  ])("%j is refused in one line, with exit code 2", async (args, stderr) => {
    expect(await run(...args)).toEqual({ exitCode: 2, stdout: "", stderr });
  });

  it.each([
    "start",
    "status",
    "list",
    "next",
    "simulate",
    "show",
    "add",
    "edit",
    "remove",
    "pause",
    "resume",
    "run",
    "backfill",
    "reset",
    "completion",
  ])("%s --help ends with examples", async (name) => {
    const { exitCode, stdout } = await run(name, "--help");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Examples:\n  $ beatx ${name}`);
  });

  it("--help lists the exit codes, and --version prints the version", async () => {
    expect((await run("--help")).stdout).toMatch(/Exit codes:\n {2}0 {2}success\n {2}1 [^]*\n {2}3 [^]*\n {2}4 /);
    expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("without a command prints the help and ends with exit code 2", async () => {
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Usage: beatx");
  });
});

describe("start", () => {
  it("without a configuration shows how to write one", async () => {
    const { exitCode, stderr } = await run("start");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`there is no beat.config.{ts,mts,cts,js,mjs,cjs,json,yaml,yml} in ${folder.path}`);
    expect(stderr).toMatch(/ {2}schedule:\n {4}ping:\n {6}task: ops\.ping/);
  });

  it("without a publisher says that there is no default", async () => {
    await writeFile(join(folder.path, "beat.config.json"), "{}");
    const { exitCode, stderr } = await run("start");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/no publisher is configured.*Set "publisher" in beat\.config\.json or pass --publisher/);
  });

  it("with a publisher that no package provides lists the schemes that exist, and no password", async () => {
    await writeFile(join(folder.path, "beat.config.json"), "{}");
    const { exitCode, stderr } = await inStore("start", "--publisher", "nope://u:hunter2@h");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/no publisher answers to "nope:" of nope:\/\/\*\*\*@h\. The schemes of a publisher are /);
  });
});

describe("status", () => {
  it("names the problem first, that no node leads, and ends with exit code 4", async () => {
    await stored.client.put("tax", YEARLY);
    const { exitCode, stdout } = await inStore("status");
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(
      /^problem +no node leads, so nothing is sent: if none runs, start one \(beatx start, .*\); a node that runs .*log.*$/m,
    );
    expect(stdout.indexOf("problem")).toBe(0);
    expect(stdout).toMatch(/^leader +none$/m);
    expect(stdout).toMatch(/^entries +1$/m);
    expect(stdout).toMatch(/^20\d\d-01-01 06:00:00Z +in \d+ d.* +tax$/m);
  });

  it("--json prints the same, with ISO times", async () => {
    await stored.client.put("tax", YEARLY);
    const { exitCode, stdout } = await inStore("status", "--json");
    expect(exitCode).toBe(4);
    const status = JSON.parse(stdout);
    expect(status.problems).toMatchObject([{ kind: "no-leader", since: null }]);
    expect(status).toMatchObject({ store: stored.uri, namespace: "beatx", leader: null, entries: 1, broken: [] });
    expect(status.next).toHaveLength(1);
    expect(status.next[0].runAt).toMatch(/^20\d\d-01-01T06:00:00\.000Z$/);
  });

  it("names what keeps messages from arriving while a node leads, and so does run", async () => {
    const publisher = (message: Message) =>
      message.entry === "good" ? Promise.resolve() : Promise.reject(new Error(`${message.entry} has no queue.`));
    const beat = createBeat({ ...NODE, store: stored.uri, publisher, schedule: { bad: EVERY_SECOND } });
    try {
      await until(beat, async () => (await stored.client.status()).publisher?.state === "failing");
      const down = await inStore("status");
      expect(down.exitCode).toBe(4);
      expect(down.stdout).toMatch(
        /^problem +function takes no messages: bad has no queue\. .* \[since 20.* \(for .*\)\]$/m,
      );
      expect(down.stdout).toMatch(/^publisher +function takes no messages, since 20/m);
      const { problems, publisher: shown } = JSON.parse((await inStore("status", "--json")).stdout);
      expect(problems).toMatchObject([{ kind: "publisher", since: shown.since, entries: ["bad"] }]);
      expect(shown).toMatchObject({ state: "failing", since: expect.stringMatching(/^20.*Z$/) as string });

      const ran = await inStore("run", "bad", "--json");
      expect(ran.exitCode).toBe(4);
      expect(JSON.parse(ran.stdout).problems).toMatchObject([{ kind: "publisher", since: shown.since }]);

      await stored.client.put("good", EVERY_SECOND);
      await until(beat, async () => (await stored.client.status()).failing.length > 0);
      const partly = await inStore("status");
      expect(partly.exitCode).toBe(4);
      expect(partly.stdout).toMatch(/^problem +1 entry cannot be sent, while others are: "bad": bad has no queue \[/m);
      expect(partly.stdout).toMatch(/^publisher +function works, since 20/m);
      expect(partly.stdout).toMatch(/^failing +bad: bad has no queue\.$/m);
      const { exitCode, stdout } = await inStore("run", "good");
      expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("within a second. ") });
    } finally {
      await beat.stop();
    }
  });

  it("says what maxPerSecond holds back, which is no problem", async () => {
    const schedule = { first: { ...EVERY_SECOND, schedule: "1d", firstRun: "now" }, second: EVERY_SECOND } as const;
    const beat = createBeat({
      ...NODE,
      store: stored.uri,
      publisher: () => Promise.resolve(),
      schedule,
      maxPerSecond: 0.01,
    });
    try {
      await until(beat, async () => (await stored.client.status()).rateCap?.waiting === 2);
      const { exitCode, stdout } = await inStore("status");
      expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(/^rate cap +maxPerSecond 0\.01 holds back 2 due entries, since 20.* \(for .*\)$/m);
      const { rateCap } = JSON.parse((await inStore("status", "--json")).stdout);
      expect(rateCap).toMatchObject({ waiting: 2, since: expect.stringMatching(/^20.*Z$/) as string });
    } finally {
      await beat.stop();
    }
  });

  it("says what was given up, and how the dead letter is", async () => {
    const beat = createBeat({
      ...NODE,
      store: stored.uri,
      publisher: () => Promise.reject(new Error("no queue")),
      deadLetter: () => Promise.resolve(),
      giveUpAfterMs: 1,
      schedule: { job: EVERY_SECOND },
    });
    try {
      await until(beat, async () => (await stored.client.status()).deadLetter?.state === "works");
      const { stdout } = await inStore("status");
      expect(stdout).toMatch(/^dead letter +function works, since 20.*$/m);
      expect(stdout).toMatch(/^given up +\d+ occurrences? that could not be sent: job \(see beatx history ENTRY\)$/m);
      expect((await inStore("show", "job")).stdout).toMatch(/^runs +0 sent, \d+ skipped \(\d+ of them given up\)$/m);
      expect((await inStore("history", "job")).stdout).toMatch(/failed .*gave-up/);
      const { givenUp, givenUpOf, deadLetter } = JSON.parse((await inStore("status", "--json")).stdout);
      expect({ givenUpOf, deadLetter }).toMatchObject({ givenUpOf: ["job"], deadLetter: { state: "works" } });
      expect(givenUp).toBeGreaterThan(0);
    } finally {
      await beat.stop();
    }
  });

  it("refuses a dead letter that is no queue, and shows no password", async () => {
    const { exitCode, stderr } = await inStore("start", "--publisher", "nope://h", "--dead-letter", "u:hunter2@h");
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain("hunter2");
  });

  it("refuses --max-per-second without a number", async () => {
    const { exitCode, stderr } = await inStore("start", "--max-per-second", "many", "--publisher", "nope://h");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/--max-per-second.*Expected a number/);
    const outOfRange = await inStore("start", "--max-per-second", "1.5", "--publisher", "nope://h");
    expect(outOfRange.stderr).toMatch(/--max-per-second: maxPerSecond is 1\.5: expected a whole number/);
  });

  it("promises no run of a publisher that was not used in this term", async () => {
    const beat = createBeat({
      ...NODE,
      store: stored.uri,
      publisher: () => Promise.resolve(),
      schedule: { tax: YEARLY },
    });
    try {
      await until(beat, async () => (await stored.client.status()).leader !== null);
      expect((await inStore("run", "tax")).stdout).toContain("if the publisher works, which is not known yet");
    } finally {
      await beat.stop();
    }
  });

  it("shows the first broken entries with their reasons, and the number of the others", async () => {
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length) });
    const names = Array.from({ length: 12 }, (_, index) => `torn ${index}`);
    await store.setSchedule(names.map((name) => ({ name, definition: "{", expectedRevision: null })));
    await store.close();
    const { stdout } = await inStore("status");
    expect(stdout.match(/^broken .*not JSON/gm)).toHaveLength(10);
    expect(stdout).toMatch(/^broken +2 more: --json names them$/m);
    expect(JSON.parse((await inStore("status", "--json")).stdout).broken).toHaveLength(12);
  });

  it("with a store that is not a URI shows the form of one", async () => {
    const { exitCode, stderr } = await run("status", "--store", "nowhere");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^beatx: --store: the store is not a URI: its scheme is missing; expected scheme:.*\n$/);
  });
});

describe("list", () => {
  it("shows each entry in the zone of its schedule, and why an entry does not run", async () => {
    await stored.client.put("tax", YEARLY);
    await stored.client.put("paused", { task: "a", schedule: "every 5m" });
    await stored.client.pause("paused");
    await stored.client.put("off", { task: "a", schedule: "every 5m", enabled: false });
    const [header, ...lines] = (await inStore("list")).stdout.trimEnd().split("\n");
    expect(header).toMatch(/^NAME +TASK +SCHEDULE +NEXT RUN +LAST RUN +STATE$/);
    expect(lines[0]).toMatch(/^off +a +every 5m +never +never +disabled$/);
    expect(lines[1]).toMatch(/^paused +a +every 5m +never +never +paused$/);
    expect(lines[2]).toMatch(
      /^tax +tax\.send +0 7 1 1 \* \(Europe\/Berlin\) +20\d\d-01-01 07:00:00\+01:00 +never +active$/,
    );
  });

  it("--wide shows counts, source, revision, tags and description, too", async () => {
    await stored.client.put("tax", { ...YEARLY, description: "the yearly return", tags: ["a b", "c"] });
    const [header, line] = (await inStore("list", "--wide")).stdout.split("\n");
    expect(header).toMatch(/STATE +RUNS +BY HAND +SKIPPED +UNCERTAIN +SOURCE +REVISION +TAGS +DESCRIPTION$/);
    expect(line).toMatch(/^tax .* active +0 +0 +0 +0 +api +\S+ +a b, c +the yearly return$/);
  });

  it.each([80, 60, 100])("never wraps in a terminal of %i columns", async (columns) => {
    const name = "billing.invoices.send-reminders-to-customers-of-last-month";
    await stored.client.put(name, { ...YEARLY, task: "billing.tasks.invoices.send_reminders", description: "d" });
    const { stdout } = await inTerminal(columns, "list");
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    expect(lines[1]).toMatch(/^bill\S*…\S* +\S*…\S* .* in \d+ d.* never +active$/);
    expect((await inTerminal(columns, "list", "--wide")).stdout).toContain(name);
    expect((await inStore("list")).stdout).toContain(name);
  });

  it("shows broken entries as such", async () => {
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length) });
    await store.setSchedule([{ name: "torn", definition: "{", expectedRevision: null }]);
    await store.close();
    expect((await inStore("list")).stdout).toMatch(/^torn +- +- +- +- +broken$/m);
    expect((await inStore("list", "--wide")).stdout).toMatch(/^torn .* broken .*not JSON/m);
    expect(JSON.parse((await inStore("list", "--json")).stdout)).toEqual([
      { name: "torn", broken: expect.stringMatching(/not JSON/) as string },
    ]);
  });

  it("--json prints the client's view, with ISO times", async () => {
    await stored.client.put("tax", YEARLY);
    const [entry] = JSON.parse((await inStore("list", "--json")).stdout);
    expect(entry).toMatchObject({ name: "tax", source: "api", paused: false, runs: 0, lastSentAt: null });
    expect(entry.nextRunAt).toMatch(/-01-01T06:00:00\.000Z$/);
  });

  it("--tag, --prefix, --after and --limit show a part of the entries", async () => {
    await stored.client.putMany(["a", "mail.a", "mail.b", "mail.c"].map((name) => [name, YEARLY]));
    await stored.client.put("mail.b", { ...YEARLY, tags: ["eu"] });
    const namesOf = async (...flags: string[]): Promise<string[]> => {
      return JSON.parse((await inStore("list", "--json", ...flags)).stdout).map(({ name }: { name: string }) => name);
    };
    expect(await namesOf("--prefix", "mail.")).toEqual(["mail.a", "mail.b", "mail.c"]);
    expect(await namesOf("--prefix", "mail.", "--limit", "1", "--after", "mail.a")).toEqual(["mail.b"]);
    expect(await namesOf("--limit", "2")).toEqual(["a", "mail.a"]);
    expect(await namesOf("--tag", "eu")).toEqual(["mail.b"]);
    expect((await inStore("list", "--tag", "none")).stdout).toMatch(/^No stored entry has such a tag/);
    expect((await inStore("list", "--prefix", "none")).stdout).toMatch(/^No stored entry has such a name/);
    expect((await inStore("list", "--limit", "0")).exitCode).toBe(2);
  });

  it("of an empty store says how it is filled", async () => {
    expect((await inStore("list")).stdout).toMatch(/^No entries are stored/);
  });
});

describe("pause, resume and run", () => {
  it("change the stored entry", async () => {
    await stored.client.put("tax", YEARLY);
    expect((await inStore("pause", "tax")).stdout).toMatch(/^tax is paused/);
    expect((await stored.client.get("tax"))?.paused).toBe(true);
    expect((await inStore("resume", "tax")).stdout).toMatch(/^tax runs again; next run: 20\d\d-01-01 07:00:00\+01:00/);
    expect((await stored.client.get("tax"))?.paused).toBe(false);
    const { id } = JSON.parse((await inStore("run", "tax", "--json")).stdout);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const { exitCode, stdout } = await inStore("run", "tax");
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(
      /^tax will be sent once, but not before .*\nproblem: no node leads, so nothing is sent: .*\n$/,
    );
  });

  it.each(["pause", "resume", "reset", "run", "remove"])(
    "%s of an unknown entry ends with exit code 3",
    async (verb) => {
      const { exitCode, stderr } = await inStore(verb, "nope");
      expect(exitCode).toBe(3);
      expect(stderr).toBe('beatx: there is no entry "nope": see "beatx list"\n');
    },
  );
});

describe("reset", () => {
  it("--ahead frees all entries that wait for the clock, and says which", async () => {
    const clock = new FakeClock(Date.now() + 86_400_000);
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length), clock });
    const ahead = createClient({ store, clock });
    for (const name of ["tick", "tock"]) await ahead.put(name, { task: "t", schedule: "1s" });
    await ahead.close();
    await store.close();
    expect((await inStore("reset", "--ahead")).stdout).toBe("2 entries start again with new counts: tick, tock.\n");
    expect((await inStore("reset", "--ahead")).stdout).toBe("no entry is ahead of the clock: nothing was reset.\n");
    expect(JSON.parse((await inStore("reset", "--ahead", "--json")).stdout)).toEqual({ reset: [] });
  });

  it.each([[[]], [["tax", "--ahead"]]])("refuses %j: either a name or --ahead", async (flags) => {
    const { exitCode, stderr } = await inStore("reset", ...flags);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("either the name of an entry or --ahead")]);
  });

  it("starts an entry again, and says when it runs next", async () => {
    await stored.client.put("tax", YEARLY);
    const { stdout } = await inStore("reset", "tax");
    expect(stdout).toMatch(/^tax starts again with new counts; next run: 20\d\d-01-01 07:00:00\+01:00\.\n$/);
    expect(JSON.parse((await inStore("reset", "tax", "--json")).stdout)).toMatchObject({ name: "tax", runs: 0 });
  });

  it("gives an edited entry back to the configuration, which status and list name until then", async () => {
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length) });
    const beat = createBeat({
      store,
      schedule: { tax: YEARLY },
      publisher: () => Promise.resolve(),
      logger: silentLogger,
    });
    await beat.tick();
    await beat.stop();
    await store.close();
    await stored.client.put("tax", { ...YEARLY, task: "edited" });
    expect((await inStore("status")).stdout).toMatch(/^warning +1 entry differs from the configuration .*: tax \(/m);
    expect((await inStore("list")).stdout).toMatch(/^tax +edited .*, edited$/m);
    expect((await inStore("reset", "tax")).stdout).toMatch(/with new counts, as the configuration says; next run/);
    expect(await stored.client.get("tax")).toMatchObject({ overridden: false, entry: { task: YEARLY.task } });
    expect((await inStore("status")).stdout).not.toContain("differs from the configuration");
  });

  it("of a broken definition, or its pause, names the way out; remove works", async () => {
    const store = lmdbStore({ folder: stored.uri.slice("lmdb:".length) });
    await store.setSchedule([{ name: "torn", definition: "{", expectedRevision: null }]);
    await store.close();
    for (const verb of ["reset", "pause", "next"]) {
      const { exitCode, stderr } = await inStore(verb, "torn");
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('client.put("torn", …) writes it anew')]);
    }
    expect((await inStore("remove", "torn")).stdout).toBe("torn is removed: it will not be sent again.\n");
    expect((await stored.client.status()).broken).toEqual([]);
  });
});

describe("remove", () => {
  it("removes an entry that was created through a client", async () => {
    await stored.client.put("tax", YEARLY);
    expect((await inStore("remove", "tax")).stdout).toBe("tax is removed: it will not be sent again.\n");
    expect(await stored.client.list()).toEqual([]);
    await stored.client.put("tax", YEARLY);
    expect(JSON.parse((await inStore("remove", "tax", "--json")).stdout)).toEqual({ entry: "tax", removed: true });
  });

  it("refuses an entry of the configuration, and offers an alternative", async () => {
    const publisher = () => Promise.resolve();
    const beat = createBeat({ store: stored.uri, stores: [storeProvider], publisher, schedule: { tax: YEARLY }, logger: silentLogger }); // prettier-ignore
    await beat.tick();
    await beat.stop();
    const { exitCode, stderr } = await inStore("remove", "tax");
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      "beatx: tax comes from the configuration of the nodes, which would create it again: " +
        'remove it there, or pause it ("beatx pause tax")\n',
    );
    expect((await stored.client.get("tax"))?.source).toBe("config");
  });
});
