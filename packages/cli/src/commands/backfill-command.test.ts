import { type Beat, createBeat, type Message, silentLogger } from "@beatx/core";
import { storeProvider } from "@beatx/store-lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";
import type { FakeTerminal } from "../../test/fake-context.js";

const folder = commandFolder();
const stored = storeIn(folder);
const backfill = (args: readonly string[], terminal?: FakeTerminal): Promise<Ended> =>
  folder.run(["backfill", ...args, "--store", stored.uri], terminal);

/** A range that has two instants of the entry "tax". */
const RANGE = ["--from", "2020-01-01", "--to", "2021-12-31"];
const INSTANTS = ["2020-01-01T06:00:00.000Z", "2021-01-01T06:00:00.000Z"];

describe("backfill, with a node that leads", () => {
  let beat: Beat;
  const sent: Message[] = [];
  beforeEach(async () => {
    sent.length = 0;
    const publisher = (message: Message): Promise<void> => Promise.resolve(void sent.push(message));
    beat = createBeat({ store: stored.uri, stores: [storeProvider], logger: silentLogger, publisher });
    await stored.client.put("tax", YEARLY);
    const leads = new Promise((resolve) => beat.on("leader", resolve));
    await beat.start();
    await leads;
  });
  afterEach(() => beat.stop());

  it("says what it sends, sends it, and says when nothing is left", async () => {
    const { exitCode, stdout } = await backfill(["tax", ...RANGE, "--yes"]);
    expect(stdout).toMatch(/^tax: 2 occurrences, .*; sending takes about 0\.1 s\.\nRequested: "beatx backfill --cancel \w+" ends it\.\nNothing of it is left to send\.\n$/); // prettier-ignore
    expect(exitCode).toBe(0);
    expect(sent.map(({ scheduledAt }) => new Date(scheduledAt).toISOString())).toEqual(INSTANTS);
  });

  it("asks first, and a no sends nothing", async () => {
    const { exitCode, stdout, stderr } = await backfill(["tax", ...RANGE], { answer: false });
    expect([exitCode, stderr]).toEqual([2, "beatx: nothing was sent: confirm with --yes, or look with --dry-run\n"]);
    expect(stdout).toMatch(/^tax: 2 occurrences, /);
    expect((await backfill(["tax", ...RANGE], { answer: true })).exitCode).toBe(0);
    expect(sent).toHaveLength(2);
  });

  it("lists those that are under way, and cancels one", async () => {
    const slowly = ["tax", "--from", "1920-01-01", "--to", "2020-12-31", "--max-per-second", "0.5", "--yes", "--json"];
    const { stdout } = await backfill(slowly);
    const { id, total } = JSON.parse(stdout) as { id: string; total: number };
    expect(total).toBe(101);
    expect(JSON.parse((await backfill(["--json"])).stdout)).toMatchObject([{ id, entry: "tax", maxPerSecond: 0.5 }]);
    expect((await backfill([])).stdout).toMatch(new RegExp(`^tax +1920\\S.* of 101  ${id}$`, "m"));
    expect((await backfill(["--cancel", id])).exitCode).toBe(0);
    expect((await backfill([])).stdout).toBe("No backfill is under way.\n");
    expect((await backfill(["--cancel", id])).exitCode).toBe(3);
  });
});

describe("backfill", () => {
  it("with --dry-run requests nothing, and without a leader ends with exit code 4", async () => {
    await stored.client.put("tax", YEARLY);
    const preview = await backfill(["tax", ...RANGE, "--dry-run", "--json"]);
    expect([preview.exitCode, JSON.parse(preview.stdout)]).toMatchObject([
      0,
      { total: 2, id: null, first: INSTANTS[0], last: INSTANTS[1] },
    ]);
    expect(await stored.client.backfills()).toEqual([]);
    const { exitCode, stdout } = await backfill(["tax", ...RANGE, "--yes"]);
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^problem: no node leads/m);
  });

  it.each([
    [["tax"], 2, /--from is missing/],
    [["tax", "--from", "soon"], 2, /--from "soon" is not a moment/],
    [["tax", "--from", "-1d", "--max-per-second", "fast"], 2, /Expected a number from 0\.001 to 1000/],
    [["taxi", "--from", "-1d"], 3, /did you mean "tax"/],
  ])("%j is refused", async (args, code, words) => {
    await stored.client.put("tax", YEARLY);
    const { exitCode, stderr } = await backfill(args);
    expect([exitCode, stderr]).toEqual([code, expect.stringMatching(words)]);
  });
});
