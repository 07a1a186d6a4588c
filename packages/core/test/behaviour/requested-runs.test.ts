import { describe, expect, it } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import type { DefinitionChange } from "../../src/contract/store.js";
import { encodeDefinition, RUN_PREFIX } from "../../src/entry/definition.js";
import type { BeatOptions } from "../../src/node/options.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { cutOff, range, secondsOf, START, storedEntry, storedNames, world } from "../world.js";

const rare = { task: "t", schedule: "1d" };

let runs = 0;

/** What a client writes that does not know yet that the entry is gone. */
function anotherRun(): DefinitionChange {
  const id = `run-${++runs}`;
  const entry = { task: "t", schedule: { type: "clocked", at: new Date(START).toISOString() } };
  const definition = encodeDefinition({ kind: "run", of: "own", id, requestedAt: START, entry });
  return { name: `${RUN_PREFIX}${id}`, definition, expectedRevision: null };
}

function requestedIn(cursor: string): number {
  return (JSON.parse(cursor) as { requested?: number }).requested ?? 0;
}

describe("runs that were requested by hand", () => {
  it.each<"one step" | NonNullable<BeatOptions["delivery"]>>(["one step", "at-least-once", "at-most-once"])(
    "are counted beside the runs of the rule, each once (%s)",
    async (delivery) => {
      const { clock, client, lead } = world();
      const publisher = recordingPublisher();
      const schedule = { often: { task: "t", schedule: "1s", missed: "all" as const }, rare };
      await lead(delivery === "one step" ? { schedule } : { schedule, publisher, delivery });
      for (const name of ["often", "rare", "rare"]) await client.runNow(name);
      await clock.advance(5_500);
      expect(await client.get("often")).toMatchObject({ runs: 5, requestedRuns: 1 });
      expect(await client.get("rare")).toMatchObject({ runs: 0, requestedRuns: 2, lastSentAt: null, skipped: 0 });
      if (delivery !== "one step") expect(secondsOf(publisher.messages)).toHaveLength(8);
    },
  );

  it("are counted for an entry that is paused, and none of its instants is lost or repeated", async () => {
    const { clock, client, lead, sent } = world();
    await lead({ schedule: { often: { task: "t", schedule: "1s", missed: "all" } } });
    await client.pause("often");
    await client.runNow("often");
    await clock.advance(2_500);
    expect(await client.get("often")).toMatchObject({ runs: 0, requestedRuns: 1 });
    await client.resume("often");
    await clock.advance(3_000);
    expect(sent().slice(1)).toEqual(range(3, 5).map((second) => `often@${second}`));
    expect(await client.get("often")).toMatchObject({ runs: 3, requestedRuns: 1, skipped: 0 });
  });

  it("do not use up the first run of an entry", async () => {
    const { clock, client, lead, sent } = world();
    await lead();
    await client.put("new", { ...rare, firstRun: "now", enabled: false });
    await client.runNow("new");
    await clock.advance(1_000);
    await client.put("new", { ...rare, firstRun: "now" });
    await clock.advance(1_000);
    expect(sent()).toHaveLength(2);
    expect(await client.get("new")).toMatchObject({ runs: 1, requestedRuns: 1 });
  });

  it("are counted by the next leader, too, and by one that takes over an entry without a run", async () => {
    const { clock, client, connect, lead, run } = world();
    const first = await lead({ schedule: { rare } });
    await client.runNow("rare");
    await clock.advance(1_000);
    await run({ schedule: { rare }, store: connect() });
    await first.stop();
    await clock.advance(1_000);
    await client.runNow("rare");
    await clock.advance(1_000);
    expect(await client.get("rare")).toMatchObject({ runs: 0, requestedRuns: 2 });
  });

  it("are counted once if the answer of the store was lost", async () => {
    const { clock, client, store, lead, sent } = world();
    await lead({ schedule: { rare } });
    await client.runNow("rare");
    store.failNext("advance", { after: true });
    await clock.advance(20_000);
    for (let failures = 0; failures < 3; failures++) store.failNext("advance", { after: true });
    await client.runNow("rare");
    await clock.advance(60_000);
    expect(sent()).toHaveLength(2);
    expect(await client.get("rare")).toMatchObject({ requestedRuns: 2 });
    expect((await storedNames(store)).filter((name) => name.includes("run"))).toEqual([]);
  });

  it("are counted once by the next claim of the entry, if the end of the claim before it could not be saved", async () => {
    const { clock, client, connect, lead } = world();
    const options: Partial<BeatOptions> = { publisher: recordingPublisher(), delivery: "at-most-once" };
    const schedule = { often: { task: "t", schedule: "1s", missed: "all" as const } };
    const first = await lead({ ...options, schedule });
    await first.stop();
    await client.runNow("often");
    await clock.advance(1_500);
    const store = connect();
    const { advance } = store;
    const counts: number[] = [];
    let calls = 0;
    store.advance = (lease, moves) => {
      counts.push(...moves.filter(({ name }) => name === "often").map(({ to }) => requestedIn(to)));
      // The first call claims the occurrence and the run, and the second one ends both claims.
      if (++calls === 2) store.failNext("advance");
      return advance(lease, moves);
    };
    await lead({ ...options, store, schedule });
    await clock.advance(6_000);
    expect(await client.get("often")).toMatchObject({ requestedRuns: 1, uncertain: 0 });
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(1);
  });

  it("are not counted for an entry that was removed meanwhile", async () => {
    const { clock, client, store, lead, sent } = world();
    await lead();
    await client.put("own", rare);
    await client.runNow("own");
    // As a leader removes it, whose configuration no longer has it: the run is sent all the same.
    const { name, revision } = await storedEntry(store, "own");
    const definition = encodeDefinition({ kind: "removed", removedAt: clock.now() });
    await store.setSchedule([{ name, definition, expectedRevision: revision }]);
    await clock.advance(1_000);
    expect(sent()).toHaveLength(1);
    expect(await client.list()).toEqual([]);
  });

  it("go with their entry when that is removed, and those of other entries stay", async () => {
    const { clock, client, store, run, sent } = world();
    for (const name of ["own", "other"]) {
      await client.put(name, rare);
      await client.runNow(name);
    }
    await client.runNow("own");
    await client.remove("own");
    expect((await storedNames(store)).filter((name) => name.includes("run"))).toHaveLength(1);
    await run();
    await clock.advance(5_000);
    expect(sent().map((each) => each.split("@")[0])).toEqual(["other"]);
  });

  it("that the store has lost keep nobody from removing their entry", async () => {
    const { clock, client, store, lead } = world();
    await lead();
    await client.put("own", rare);
    await client.runNow("own");
    cutOff(store);
    store.wipe();
    await client.put("own", rare);
    await client.remove("own");
    await clock.advance(1_000);
    expect(await client.list()).toEqual([]);
  });

  it("that were sent, which a client has not read, keep nobody from removing their entry", async () => {
    const { clock, connect, lead } = world();
    const store = connect();
    const client = createClient({ store, clock });
    await client.put("own", rare);
    await client.runNow("own");
    await client.list();
    const revision = await store.getRevision();
    store.getRevision = () => Promise.resolve(revision);
    await lead();
    await clock.advance(1_000);
    await client.remove("own");
    expect(await client.list()).toEqual([]);
  });

  it("of others who keep requesting them are left when the entry is removed, and the error says so", async () => {
    const { clock, client, connect } = world();
    await client.put("own", rare);
    const store = connect();
    const { listEntries } = store;
    store.listEntries = async (request) => {
      await store.setSchedule([anotherRun()]);
      return listEntries(request);
    };
    const remover = createClient({ store, clock });
    const removing = remover.remove("own");
    await expect(removing).rejects.toThrow(/"own" is removed, but new runs of it were requested.*remove it once more/);
    expect(await client.list()).toEqual([]);
  });

  it("which cannot be sent, of an entry that is gone, are removed under its name, and then there is nothing left", async () => {
    const { clock, client, store, lead } = world();
    await lead({ handlers: { t: () => undefined } });
    await client.put("own", { ...rare, task: "no such handler" });
    await client.runNow("own");
    const { name, revision } = await storedEntry(store, "own");
    const definition = encodeDefinition({ kind: "removed", removedAt: clock.now() });
    await store.setSchedule([{ name, definition, expectedRevision: revision }]);
    await clock.advance(5_000);
    expect((await client.status()).problems).toMatchObject([{ entries: ["own"] }]);
    await client.remove("own");
    await clock.advance(5_000);
    expect((await client.status()).problems).toEqual([]);
    await expect(client.remove("own")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
