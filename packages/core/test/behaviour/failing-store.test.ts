import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { StoreError } from "../../src/base/errors.js";
import { createClient } from "../../src/client/store-client.js";
import type { LeaderReport } from "../../src/entry/leader-report.js";
import { LEADER_REPORT } from "../../src/entry/leader-report.js";
import { everySecond, notingLogger, rolesOf, START, storedEntry, storedNames, world } from "../world.js";

const ALL = ["acquireLock", "renewLock", "advance", "setSchedule", "getRevision", "getSchedule"] as const;
type Work = (typeof ALL)[number];

/** From now on these commands are refused, and all others are answered; the answer lets them work again. */
function refuse(store: DummyStore, ...methods: Work[]): () => void {
  const before = Object.fromEntries(methods.map((method) => [method, store[method]]));
  for (const method of methods) {
    const refusal = (): Promise<never> => Promise.reject(new StoreError(`${method} may not run: allow it`));
    Object.assign(store, { [method]: refusal });
  }
  return () => void Object.assign(store, before);
}

const aboutStore = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith("store: "));

describe("a store that does one kind of work no longer", () => {
  it.each<readonly [what: string, methods: readonly Work[]]>([
    ["cursors", ["advance"]],
    ["cursors and definitions, as a full server does", ["advance", "setSchedule", "acquireLock", "renewLock"]],
  ])("is logged once, and not as one that works again after each reading (%s)", async (_what, methods) => {
    const { clock, store, lead } = world();
    const lines: string[] = [];
    await lead({ logger: notingLogger(lines), schedule: { job: everySecond } });
    await clock.advance(2_000);
    const mend = refuse(store, ...methods);
    await clock.advance(50_000);
    expect(aboutStore(lines)).toEqual([expect.stringMatching(/^store: \w+ may not run: allow it$/)]);
    await clock.advance(30_000);
    expect(aboutStore(lines)[1]).toMatch(/^store: still, after 6\d\.\d s: /);
    mend();
    await clock.advance(15_000);
    expect(aboutStore(lines).slice(2)).toEqual([expect.stringMatching(/^store: works again after \d+\.\d s$/)]);
  });

  it("is logged once by a node that cannot get the lease, although it reads the schedule", async () => {
    const { clock, store, run } = world();
    const lines: string[] = [];
    refuse(store, "acquireLock");
    await run({ logger: notingLogger(lines), schedule: { job: everySecond } });
    await clock.advance(50_000);
    expect(aboutStore(lines)).toEqual(["store: acquireLock may not run: allow it"]);
  });

  it("is a problem with the reason and since when, as long as cursors cannot be moved", async () => {
    const { clock, store, client, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { state: "works" } });
    const mend = refuse(store, "advance");
    await clock.advance(5_000);
    const { problems, publisher } = await client.status();
    expect(problems).toMatchObject([{ kind: "store", entries: ["job"] }]);
    expect(problems[0]!.message).toMatch(/advance may not run: allow it\. Waiting: 1 entry \(job\)\. .*tries again/);
    expect(problems[0]!.since).toBeGreaterThanOrEqual(START + 5_000);
    expect(problems[0]!.since).toBeLessThanOrEqual(START + 7_000);
    expect(publisher!.state).toBe("unknown");
    expect((await client.runNow("job")).problems).toMatchObject([{ kind: "store" }]);
    const { revision } = await storedEntry(store, LEADER_REPORT);
    await clock.advance(100_000);
    expect((await client.status()).problems).toMatchObject([{ kind: "store" }]);
    expect((await storedEntry(store, LEADER_REPORT)).revision).toBe(revision);
    mend();
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { state: "works" } });
  });

  it("is no problem any longer when nothing is left that it refused", async () => {
    const { clock, store, client, lead } = world();
    await lead({ schedule: {} });
    await client.put("job", everySecond);
    await clock.advance(3_000);
    refuse(store, "advance");
    await clock.advance(5_000);
    expect((await client.status()).problems).toMatchObject([{ kind: "store" }]);
    await client.remove("job");
    await clock.advance(15_000);
    expect((await client.status()).problems).toEqual([]);
  });

  it("is a problem in each term while leases cannot be renewed, so that leadership changes again and again", async () => {
    const { clock, store, client, lead } = world();
    const beat = await lead({ schedule: { job: everySecond } });
    const roles = rolesOf(beat);
    await clock.advance(1_000);
    const mend = refuse(store, "renewLock");
    await clock.advance(8_000);
    for (let seconds = 0; seconds < 60; seconds += 3) {
      const { problems } = await client.status();
      expect(problems).toMatchObject([{ kind: expect.stringMatching(/^(store|no-leader)$/) as string }]);
      if (problems[0]!.kind === "store") expect(problems[0]!.message).toContain("renewLock may not run: allow it");
      await clock.advance(3_000);
    }
    expect(roles.filter((role) => role === "leader").length).toBeGreaterThan(2);
    mend();
    await clock.advance(20_000);
    expect((await client.status()).problems).toEqual([]);
  });

  it("that is down for a while has no problem with renewals afterwards", async () => {
    const { clock, store, client, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(1_000);
    const mend = refuse(store, ...ALL);
    await clock.advance(30_000);
    mend();
    await clock.advance(5_000);
    expect((await client.status()).problems).toEqual([]);
  });
});

describe("a store that says itself that it takes no writes", () => {
  it("is a problem, whatever an older report says", async () => {
    const { clock, store, connect, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    refuse(store, "advance", "setSchedule");
    const refusal = new StoreError("the server is full and takes no writes: raise maxmemory");
    const client = createClient({ store: { ...connect(), checkHealth: () => Promise.reject(refusal) }, clock });
    const { problems, publisher, warnings } = await client.status();
    expect(problems).toMatchObject([{ kind: "store", since: null }]);
    expect(problems[0]!.message).toContain("the server is full and takes no writes: raise maxmemory");
    expect(publisher!.state).toBe("unknown");
    expect(warnings).toEqual([]);
    await clock.advance(90_000);
    expect((await client.status()).problems.map(({ kind }) => kind)).not.toContain("overdue");
  });
});

describe("a report of a node that does not tell of its store", () => {
  it("says that the store does its work", async () => {
    const { clock, store, client, lead } = world();
    const beat = await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect(await storedNames(store)).toContain(LEADER_REPORT);
    const { definition, revision } = await storedEntry(store, LEADER_REPORT);
    const { store: told, ...older } = JSON.parse(definition!) as LeaderReport;
    expect(told).toBeUndefined();
    await store.setSchedule([{ name: LEADER_REPORT, definition: JSON.stringify(older), expectedRevision: revision }]);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { state: "works" } });
    await beat.stop();
  });
});
