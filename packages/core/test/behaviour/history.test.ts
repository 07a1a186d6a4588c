import { describe, expect, it } from "vitest";

import { occurrenceId, occurrenceSuffix } from "../../src/base/ids.js";
import { PublishError } from "../../src/base/errors.js";
import type { HistoryRun } from "../../src/client/history.js";
import { createClient } from "../../src/client/store-client.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import { LEADERS_RECORD } from "../../src/entry/leaders-record.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, START, storedEntry, world } from "../world.js";

const latest = { task: "t", schedule: "1s" };

/** The runs, each as `second outcome`. */
function outcomesOf(runs: readonly HistoryRun[]): string[] {
  return runs.map(({ scheduledAt, outcome }) => `${(scheduledAt - START) / 1000} ${outcome}`);
}

/** Fails as often as told, once the broker has been asked. */
function failingPublisher(): Publisher & { failing: Error | null; readonly messages: readonly Message[] } {
  const inner = recordingPublisher();
  const publisher = {
    ...inner,
    failing: null as Error | null,
    publish: (batch: readonly Message[], context: Parameters<Publisher["publish"]>[1]) =>
      publisher.failing ? Promise.reject(publisher.failing) : inner.publish(batch, context),
  };
  return publisher;
}

describe("the history of an entry", () => {
  it.each(["one step", "at-least-once", "at-most-once"] as const)(
    "has its last runs, the newest first, with ids, times and the node (%s)",
    async (delivery) => {
      const { clock, client, lead } = world();
      const publisher = recordingPublisher();
      const schedule = { ping: everySecond };
      await lead({ historyRuns: 3, schedule, ...(delivery === "one step" ? {} : { publisher, delivery }) });
      await clock.advance(5_500);
      const runs = await client.history("ping");
      expect(outcomesOf(runs)).toEqual(["5 sent", "4 sent", "3 sent"]);
      const [{ node, fence } = { node: "", fence: 0 }] = await client.leaders();
      expect(runs[0]).toEqual({
        scheduledAt: START + 5_000,
        sentAt: expect.closeTo(START + 5_000, -2) as number,
        latenessMs: runs[0]!.sentAt! - START - 5_000,
        id: occurrenceId(START + 5_000, occurrenceSuffix("beatx", "ping")),
        outcome: "sent",
        count: 1,
        skipped: 0,
        atLeast: false,
        reason: null,
        failedAttempts: 0,
        error: null,
        node,
        fence,
        manual: false,
      });
      expect(node).toMatch(/:\d+$/);
      if (delivery !== "one step") expect(publisher.messages.at(-1)!.id).toBe(runs[0]!.id);
      expect(outcomesOf(await client.history("ping", { limit: 1 }))).toEqual(["5 sent"]);
    },
  );

  it("is empty for an entry that has not run, and for a node that keeps none", async () => {
    const { clock, client, lead } = world();
    await lead({ historyRuns: 0, schedule: { ping: everySecond, rare: { task: "t", schedule: "1d" } } });
    await clock.advance(2_500);
    expect([...(await client.history("ping"))]).toEqual([]);
    expect([...(await client.history("rare"))]).toEqual([]);
    expect(await client.get("ping")).toMatchObject({ runs: 2 });
    await expect(client.history("other")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(client.history("ping", { limit: 0 })).rejects.toMatchObject({ code: "CONFIG" });
  });

  it("shows what was missed, and why it was skipped", async () => {
    const { clock, client, lead } = world();
    const minutely = { task: "t", schedule: "1m" };
    const schedule = {
      latest: minutely,
      skip: { ...minutely, missed: "skip" },
      all: { ...minutely, missed: "all", maxCatchUp: 2 },
      late: { ...minutely, deadlineMs: 5_000 },
    } as const;
    const first = await lead({ schedule });
    await clock.advance(60_500);
    await first.stop();
    await clock.advance(270_000);
    await lead({ schedule });
    await clock.advance(1_000);
    const newest = async (name: string): Promise<HistoryRun> => (await client.history(name))[0]!;
    expect(await newest("latest")).toMatchObject({ outcome: "caught up", count: 1, skipped: 3, reason: "latest" });
    expect(await newest("skip")).toMatchObject({ outcome: "skipped", count: 0, skipped: 4, reason: "skip" });
    expect(await newest("late")).toMatchObject({ outcome: "skipped", sentAt: null, skipped: 4, reason: "deadline" });
    expect(await newest("all")).toMatchObject({ outcome: "caught up", count: 2, skipped: 2, reason: "max-catch-up" });
    expect(outcomesOf(await client.history("skip"))).toEqual(["300 skipped", "60 sent"]);
  });

  it.each([null, START + 90_000])("shows what passed during a pause (until %s)", async (until) => {
    const { clock, client, lead } = world();
    await lead();
    await client.put("once", { task: "t", schedule: { type: "clocked", at: new Date(START + 5_000).toISOString() } });
    await client.pause("once", { until });
    await clock.advance(100_000);
    if (until === null) await client.resume("once");
    await clock.advance(2_000);
    expect((await client.history("once"))[0]).toMatchObject({ outcome: "skipped", skipped: 1, reason: "paused" });
  });

  it("shows an occurrence that fails, and what its attempts came to", async () => {
    const { clock, client, lead } = world();
    const publisher = failingPublisher();
    await lead({ publisher, schedule: { latest, strict: { ...latest, schedule: "5s", missed: "skip" } } });
    await clock.advance(5_500);
    publisher.failing = new PublishError("the queue is full", { notSent: true });
    await clock.advance(8_000);
    expect((await client.history("latest"))[0]).toMatchObject({
      outcome: "failed",
      sentAt: null,
      error: expect.stringContaining("the queue is full") as string,
    });
    publisher.failing = null;
    await clock.advance(10_000);
    const runs = await client.history("latest");
    expect(runs[0]).toMatchObject({ outcome: "sent", failedAttempts: 0 });
    const late = runs.find(({ failedAttempts }) => failedAttempts > 0)!;
    expect(late).toMatchObject({ outcome: "caught up", count: 1, error: "the queue is full" });
    expect(late.skipped).toBeGreaterThan(5);
    expect(await client.history("strict")).toContainEqual(
      expect.objectContaining({ failedAttempts: expect.any(Number) as number, error: "the queue is full" }),
    );
  });

  it("shows a claim that was confirmed once, and one whose outcome is not known as uncertain", async () => {
    const { clock, client, lead } = world();
    const publisher = failingPublisher();
    await lead({ publisher, delivery: "at-most-once", schedule: { ping: everySecond } });
    await clock.advance(2_500);
    publisher.failing = new PublishError("no answer");
    await clock.advance(1_000);
    publisher.failing = null;
    await clock.advance(1_000);
    const runs = await client.history("ping");
    expect(outcomesOf(runs)).toEqual(["4 sent", "3 uncertain", "2 sent", "1 sent"]);
    expect(runs[1]).toMatchObject({ count: 0, error: "no answer" });
  });

  it("shows a claim that a dead leader left open as uncertain, once", async () => {
    const { clock, client, connect, run, store } = world();
    const publisher = recordingPublisher();
    const options = { delivery: "at-most-once", schedule: { ping: everySecond }, historyRuns: 100 } as const;
    await run({ ...options, publisher });
    await clock.advance(2_500);
    publisher.publish = () => new Promise(() => undefined);
    await clock.advance(600);
    for (let calls = 0; calls < 500; calls++) {
      store.failNext("advance");
      store.failNext("renewLock");
    }
    await run({ ...options, publisher: recordingPublisher(), store: connect() });
    await clock.advance(30_000);
    const outcomes = outcomesOf(await client.history("ping"));
    expect(outcomes.filter((outcome) => outcome.endsWith("uncertain"))).toEqual(["3 uncertain"]);
  });

  it.each(["one step", "at-least-once", "at-most-once"] as const)(
    "has runs by hand, with their ids, each once (%s)",
    async (delivery) => {
      const { clock, client, lead } = world();
      const publisher = recordingPublisher();
      const schedule = { often: everySecond, rare: { task: "t", schedule: "1d" } };
      await lead({ schedule, ...(delivery === "one step" ? {} : { publisher, delivery }) });
      const ids = [];
      for (const name of ["rare", "rare", "often"]) ids.push((await client.runNow(name)).id);
      await clock.advance(2_500);
      const byHand = (await client.history("rare")).filter(({ manual }) => manual);
      expect(byHand.map(({ id }) => id).sort()).toEqual(ids.slice(0, 2).sort());
      expect(byHand.map(({ outcome }) => outcome)).toEqual(["sent", "sent"]);
      const often = await client.history("often");
      expect(often.filter(({ manual }) => manual).map(({ id }) => id)).toEqual([ids[2]]);
      expect(outcomesOf(often.filter(({ manual }) => !manual))).toEqual(["2 sent", "1 sent"]);
    },
  );

  it("survives a reset and an edit, and ends with the entry; a tombstone keeps it", async () => {
    const { clock, client, lead, store } = world();
    await lead({ historyRuns: 4 });
    await client.put("ping", everySecond);
    await clock.advance(3_500);
    await client.reset("ping");
    await clock.advance(2_000);
    expect(outcomesOf(await client.history("ping"))).toEqual(["5 sent", "4 sent", "3 sent", "2 sent"]);
    await client.put("ping", { ...everySecond, description: "new" });
    await client.remove("ping");
    await clock.advance(1_000);
    expect(outcomesOf(await client.history("ping"))).toEqual(["5 sent", "4 sent", "3 sent", "2 sent"]);
    const { revision } = await storedEntry(store, "ping");
    await store.setSchedule([{ name: "ping", definition: null, expectedRevision: revision }]);
    await expect(client.history("ping")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("leaves out records that cannot be read, and counts them", async () => {
    const { clock, lead, connect } = world();
    await lead({ schedule: { ping: everySecond } });
    await clock.advance(2_500);
    const store = connect();
    const getHistory = async (name: string): Promise<readonly string[]> => [
      ...(await connect().getHistory!(name)),
      "{",
      '{"at":1}',
      '{"at":1,"runs":1,"skipped":0,"fence":1,"sentAt":1,"note":{"count":"x"}}',
    ];
    const runs = await createClient({ store: { ...store, getHistory }, clock }).history("ping");
    expect(outcomesOf(runs)).toEqual(["2 sent", "1 sent"]);
    expect(runs.unreadable).toBe(3);
  });

  it("is none with a store that keeps no records, which gets none", async () => {
    const { clock, lead, connect } = world();
    const { getHistory: _none, ...store } = connect();
    const records: unknown[] = [];
    const advance: typeof store.advance = (lease, moves) => {
      for (const { record } of moves) records.push(record);
      return store.advance(lease, moves);
    };
    await lead({ store: { ...store, advance }, schedule: { ping: everySecond } });
    await clock.advance(2_500);
    expect(records).toEqual([undefined, undefined]);
    expect([...(await createClient({ store, clock }).history("ping"))]).toEqual([]);
  });
});

describe("the record of the leaders", () => {
  it("has each term with its node, its end and the gap until the next one", async () => {
    const { clock, client, lead, connect } = world();
    const first = await lead({ schedule: { ping: everySecond } });
    await clock.advance(2_000);
    await first.stop();
    await clock.advance(3_000);
    await lead({ schedule: { ping: everySecond }, store: connect() });
    await clock.advance(1_000);
    const [now, before, ...others] = await client.leaders();
    expect(others).toEqual([]);
    expect(now).toMatchObject({ leads: true, endedAt: null, reason: null, gapMs: null });
    expect(before).toMatchObject({ leads: false, reason: "stopped", endedAt: START + 2_010 });
    expect(before!.since).toBeGreaterThanOrEqual(START);
    expect(before!.gapMs).toBe(now!.since - before!.endedAt!);
    expect(now!.fence).toBeGreaterThan(before!.fence);
  });

  it("says of a node that vanished that its lease ran out, and what a node that lost its lease says later", async () => {
    const { clock, client, run, connect, store } = world();
    await run({ schedule: { ping: everySecond } });
    await clock.advance(2_000);
    await run({ schedule: { ping: everySecond }, store: connect() });
    for (let calls = 0; calls < 50; calls++) store.failNext("renewLock");
    await clock.advance(19_000);
    const [next, lost] = await client.leaders();
    expect(next).toMatchObject({ leads: true });
    expect(lost!.reason).toMatch(/vanished: its lease ran out|no renewal in time/);
    await clock.advance(20_000);
    expect((await client.leaders())[1]).toMatchObject({
      reason: "no renewal in time",
      gapMs: expect.any(Number) as number,
    });
  });

  it("is written anew when it is broken, removed or lost, with the terms that were known", async () => {
    const { clock, client, lead, connect } = world();
    const other = connect();
    const first = await lead({ schedule: { ping: everySecond } });
    await first.stop();
    await lead({ schedule: { ping: everySecond } });
    await clock.advance(1_000);
    const fences = (await client.leaders()).map(({ fence }) => fence);
    expect(fences).toHaveLength(2);
    for (const definition of ["{", '{"format":1,"kind":"leaders","terms":[{}]}', null]) {
      const { revision } = await storedEntry(other, LEADERS_RECORD);
      await other.setSchedule([{ name: LEADERS_RECORD, definition, expectedRevision: revision }]);
      await clock.advance(3_000);
      expect((await client.leaders()).map(({ fence }) => fence)).toEqual(fences);
    }
    other.wipe();
    await clock.advance(60_000);
    expect((await client.leaders()).map(({ fence }) => fence)).toEqual(expect.arrayContaining(fences));
  });
});
