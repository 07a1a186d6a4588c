import { createBeat, silentLogger } from "@beatx/core";
import { lmdbStore } from "@beatx/store-lmdb";
import { waitFor } from "@beatx/test-servers";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn, YEARLY } from "../../test/command-folder.js";
import type { FakeTerminal } from "../../test/fake-context.js";

const folder = commandFolder();
const stored = storeIn(folder);
const inStore = (args: readonly string[], terminal?: FakeTerminal): Promise<Ended> =>
  folder.run([...args, "--store", stored.uri], terminal);

/** One run by hand of a yearly entry, by a node that has stopped since. Answers its id. */
async function runOnce(): Promise<string> {
  const store = lmdbStore({ folder: join(folder.path, "store") });
  const schedule = { tax: YEARLY };
  const beat = createBeat({ store, publisher: async () => undefined, schedule, logger: silentLogger });
  await beat.start();
  await waitFor("the entry", () => stored.client.get("tax"));
  const { id } = await stored.client.runNow("tax");
  await waitFor("the run", async () => (await stored.client.history("tax")).length > 0);
  await beat.stop();
  await store.close();
  return id;
}

describe("history", () => {
  it("shows the runs of an entry in its zone, as a table and as JSON", async () => {
    const id = await runOnce();
    const { stdout } = await inStore(["history", "tax"]);
    const [header, row, ...rest] = stdout.trimEnd().split("\n");
    expect(header).toMatch(/^SCHEDULED +SENT +LATE +OUTCOME +NODE +ID$/);
    expect(row).toMatch(/^\S+ \S+\+0[12]:00 +\S+ \S+\+0[12]:00 +\d+\.\d s +sent \(by hand\) +\S+:\d+ +/);
    expect(row).toContain(id);
    expect(rest).toEqual([]);
    const { stdout: json } = await inStore(["history", "tax", "--limit", "1", "--json"]);
    const { runs } = JSON.parse(json) as { runs: unknown[] };
    expect(runs).toEqual([expect.objectContaining({ id, outcome: "sent", manual: true, count: 1 })]);
  });

  it("fits into a narrow terminal", async () => {
    await runOnce();
    const { stdout } = await inStore(["history", "tax"], { columns: 100, isTTY: true });
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("--leaders shows who led, until when and why not any longer", async () => {
    expect((await inStore(["history", "--leaders"])).stdout).toBe("No leader is recorded yet.\n");
    await runOnce();
    const { stdout } = await inStore(["history", "--leaders"]);
    expect(stdout).toMatch(/^SINCE +UNTIL +NEXT AFTER +NODE +FENCE +END\n.* stopped\n$/);
    expect(JSON.parse((await inStore(["history", "--leaders", "--json"])).stdout)).toMatchObject([
      { leads: false, reason: "stopped", gapMs: null },
    ]);
  });

  it("of an entry that has not run says so", async () => {
    await stored.client.put("tax", { task: "t", schedule: "0 7 1 1 *" });
    expect((await inStore(["history", "tax"])).stdout).toBe("No run is recorded yet.\n");
    expect(JSON.parse((await inStore(["history", "tax", "--json"])).stdout)).toEqual({
      entry: "tax",
      lastPause: null,
      unreadable: 0,
      runs: [],
    });
  });

  it("tells who paused the entry last, when, why and until when", async () => {
    await stored.client.put("tax", { task: "t", schedule: "0 7 1 1 *" });
    await stored.client.pause("tax", { note: "db upgrade", by: "anna", until: "2037-01-31T09:00:00Z" });
    const { stdout } = await inStore(["history", "tax"]);
    expect(stdout).toMatch(/\nLast paused at \S+ \S+ until 2037-01-31 09:00:00Z \(db upgrade, anna\)\.\n$/);
    await stored.client.resume("tax");
    const answer = JSON.parse((await inStore(["history", "tax", "--json"])).stdout) as { lastPause: { until: string } };
    expect(answer.lastPause).toMatchObject({ note: "db upgrade", by: "anna" });
    expect(answer.lastPause.until < "2037").toBe(true);
  });

  it("refuses an unknown entry, and what is neither or both of an entry and --leaders", async () => {
    expect(await inStore(["history", "nope"])).toMatchObject({ exitCode: 3 });
    for (const args of [[], ["tax", "--leaders"]]) {
      expect(await inStore(["history", ...args])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("--leaders") as string,
      });
    }
  });
});
