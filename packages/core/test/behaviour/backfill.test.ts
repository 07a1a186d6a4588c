import { describe, expect, it } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { cutOff, range, secondsOf, START, world } from "../world.js";

const everyMinute: EntryInput = { task: "t", schedule: "1m", args: [1], expiresMs: 1_000 };

/** The instant of a number of minutes before the world began. */
const ago = (minutes: number): number => START - minutes * 60_000;

describe("a backfill", () => {
  it("sends the past instants of a range one after the other, with the ids that they always had", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    const { id, total, first, last, durationMs } = await client.backfill("report", {
      from: ago(10),
      to: ago(6),
      maxPerSecond: 2,
    });
    expect({ total, first, last, durationMs }).toEqual({ total: 5, first: ago(10), last: ago(6), durationMs: 2_000 });
    await clock.advance(1_100);
    expect(secondsOf(outbox.messages())).toEqual([-600, -540, -480]);
    expect(await client.backfills()).toMatchObject([{ id, entry: "report", total: 5, sent: 3, maxPerSecond: 2 }]);
    await clock.advance(1_000);
    expect(secondsOf(outbox.messages())).toEqual([-600, -540, -480, -420, -360]);
    expect(await client.backfills()).toEqual([]);
    expect(outbox.messages()[0]).toMatchObject({ entry: "report", requested: true, args: [1], expiresAt: null });
    expect((await client.get("report"))!.requestedRuns).toBe(5);
  });

  it("uses the ids of the occurrences themselves", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    await clock.advance(180_000);
    const sent = outbox.messages().map(({ id }) => id);
    expect(sent).toHaveLength(3);
    await client.backfill("report", { from: START + 1 });
    await clock.advance(1_000);
    expect(outbox.messages().slice(3).map(({ id }) => id)).toEqual(sent); // prettier-ignore
  });

  it("leaves to the schedule what the schedule still sends", async () => {
    const { client, clock, outbox, create } = world();
    const beat = create();
    await client.put("report", { ...everyMinute, missed: "all" });
    await clock.advance(300_000);
    expect(await client.backfill("report", { from: START, dryRun: true })).toMatchObject({
      total: 1,
      due: 5,
      id: null,
    });
    await client.backfill("report", { from: ago(2) });
    await beat.start();
    await clock.advance(5_000);
    expect(secondsOf(outbox.messages()).sort((a, b) => a - b)).toEqual([-120, -60, 0, 60, 120, 180, 240, 300]);
  });

  it("of a paused entry sends all instants up to now", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    await client.pause("report");
    await clock.advance(120_000);
    expect((await client.backfill("report", { from: ago(1) })).total).toBe(4);
    await clock.advance(1_000);
    expect(secondsOf(outbox.messages())).toEqual([-60, 0, 60, 120]);
  });

  it("goes on when the leader is cut off, and repeats nothing in one step", async () => {
    const { client, clock, store, connect, lead, run, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    await run({ store: connect() });
    await client.backfill("report", { from: ago(60), to: ago(1), maxPerSecond: 1 });
    await clock.advance(20_500);
    cutOff(store);
    await clock.advance(120_000);
    const sent = secondsOf(outbox.messages(), "report").filter((second) => second < 0);
    expect(sent).toEqual(range(1, 60).map((minute) => -60 * (61 - minute)));
  });

  it("never exceeds its rate, not even after an outage of the publisher", async () => {
    const { client, clock, lead } = world();
    const publisher = recordingPublisher();
    await lead({ publisher });
    await client.put("report", everyMinute);
    await client.backfill("report", { from: ago(30), to: ago(1), maxPerSecond: 1 });
    await clock.advance(3_500);
    publisher.failNext(Infinity);
    await clock.advance(10_000);
    const before = publisher.messages.length;
    publisher.failNext(0);
    await clock.advance(4_000);
    expect(before).toBeGreaterThan(0);
    expect(publisher.messages.length - before).toBeGreaterThan(1);
    expect(publisher.messages.length - before).toBeLessThanOrEqual(5);
  });

  it("that is requested twice runs once", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    const once = await client.backfill("report", { from: ago(5), to: ago(1), maxPerSecond: 1 });
    const again = await client.backfill("report", { from: ago(5), to: ago(1), maxPerSecond: 1 });
    expect([once.wasRequested, again.wasRequested, again.id === once.id]).toEqual([false, true, true]);
    await clock.advance(10_000);
    expect(secondsOf(outbox.messages())).toHaveLength(5);
  });

  it("is another one if the rule has other instants between the same ends", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    const range = { from: ago(10), to: ago(5) };
    await client.put("report", { ...everyMinute, schedule: "5m" });
    expect(await client.backfill("report", range)).toMatchObject({ total: 2, wasRequested: false });
    await client.put("report", everyMinute);
    expect(await client.backfill("report", range)).toMatchObject({ total: 6, wasRequested: false });
    await clock.advance(5_000);
    expect(new Set(secondsOf(outbox.messages())).size).toBe(6);
  });

  it("ends when it is cancelled, and when its entry is removed", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    const { id } = await client.backfill("report", { from: ago(50), to: ago(1), maxPerSecond: 1 });
    await clock.advance(1_500);
    await client.cancelBackfill(id!);
    const sent = outbox.messages().length;
    await clock.advance(5_000);
    expect(outbox.messages()).toHaveLength(sent);
    await expect(client.cancelBackfill(id!)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await client.backfill("report", { from: ago(50), to: ago(1), maxPerSecond: 1 });
    await client.remove("report");
    expect(await client.backfills()).toEqual([]);
  });

  it("ends when the configuration no longer has its entry", async () => {
    const { client, clock, lead, connect, outbox } = world();
    const first = await lead({ schedule: { report: everyMinute, other: everyMinute } });
    await client.backfill("report", { from: ago(60), to: ago(1), maxPerSecond: 1 });
    await clock.advance(4_500);
    await Promise.all([first.stop(), clock.advance(1_000)]);
    await lead({ schedule: { other: everyMinute }, store: connect() });
    await clock.advance(20_000);
    expect(await client.backfills()).toEqual([]);
    expect(secondsOf(outbox.messages(), "report").length).toBeLessThanOrEqual(7);
  });

  it("keeps to the bounds of the entry, and says how many instants a range has", async () => {
    const { client, lead } = world();
    await lead();
    await client.put("report", { ...everyMinute, startAt: ago(3) });
    expect(await client.backfill("report", { from: ago(10), dryRun: true })).toMatchObject({ total: 4, first: ago(3) });
    const none = await client.backfill("report", { from: START - 500, to: START - 400 });
    expect(none).toMatchObject({ total: 0, first: null, last: null, id: null, durationMs: 0 });
  });

  it("of what is missing alone sends what the history shows as not sent", async () => {
    const { client, clock, lead, outbox } = world();
    const first = await lead();
    await client.put("report", { ...everyMinute, missed: "all", maxCatchUp: 2 });
    await clock.advance(180_000);
    await first.stop();
    await clock.advance(300_000);
    await lead();
    await clock.advance(1_000);
    // Of the five instants without a leader the two newest were sent, in one step.
    expect(secondsOf(outbox.messages())).toEqual([60, 120, 180, 420, 480]);
    const plan = await client.backfill("report", { from: ago(10), onlyMissing: true, dryRun: true });
    expect(plan).toMatchObject({ total: 3, first: START + 240_000, last: START + 360_000, sent: 5, unknown: 11 });
    await client.backfill("report", { from: START, onlyMissing: true });
    await clock.advance(1_000);
    expect(secondsOf(outbox.messages()).slice(5)).toEqual([240, 300, 360]);
    expect(await client.backfill("report", { from: START + 1, onlyMissing: true })).toMatchObject({
      total: 0,
      sent: 8,
    });
  });

  it("of what is missing sends everything of an entry that has never run, and nothing if no history is kept", async () => {
    const { client, clock, lead } = world();
    await lead({ historyRuns: 0 });
    await client.put("report", everyMinute);
    const options = { from: ago(10), onlyMissing: true, dryRun: true };
    expect(await client.backfill("report", options)).toMatchObject({ total: 11, unknown: 0 });
    await clock.advance(60_000);
    expect(await client.backfill("report", options)).toMatchObject({ total: 0, unknown: 12 });
  });

  it.each([
    { change: "kept fewer", runs: [20, 5], last: 5 },
    { change: "kept none for a while", runs: [20, 0, 20], last: 20 },
  ])("of what is missing sends nothing from before a gap in the history: leaders $change", async ({ runs, last }) => {
    const { client, clock, connect, lead, outbox } = world();
    await client.put("report", { ...everyMinute, missed: "all" });
    for (const historyRuns of runs) {
      const beat = await lead({ historyRuns, store: connect() });
      await clock.advance(22 * 60_000);
      await Promise.all([beat.stop(), clock.advance(1_000)]);
    }
    const all = secondsOf(outbox.messages()).length;
    const plan = await client.backfill("report", { from: START + 1, onlyMissing: true, dryRun: true });
    expect(plan).toMatchObject({ total: 0, sent: last, unknown: all - last });
  });

  it("of what is missing sends nothing of which a record cannot be read, or whose last record was lost", async () => {
    const { client, clock, connect, lead } = world();
    await lead({ schedule: { report: everyMinute } });
    await clock.advance(5 * 60_000);
    const spied = connect();
    const texts = await spied.getHistory!("report");
    const plan = async (answer: readonly string[]) => {
      spied.getHistory = () => Promise.resolve(answer);
      const reader = createClient({ store: spied, clock });
      return reader.backfill("report", { from: START + 1, onlyMissing: true, dryRun: true });
    };
    expect(texts).toHaveLength(5);
    expect(await plan(texts)).toMatchObject({ total: 0, sent: 5, unknown: 0 });
    const at = (text: string): number => (JSON.parse(text) as { at: number }).at;
    const sorted = [...texts].sort((one, other) => at(one) - at(other));
    expect(await plan(sorted.with(2, "{}"))).toMatchObject({ total: 0, sent: 2, unknown: 3 });
    expect(await plan(sorted.slice(0, 4))).toMatchObject({ total: 0, sent: 0, unknown: 5 });
    expect(await plan([])).toMatchObject({ total: 0, sent: 0, unknown: 5 });
    expect((await client.backfill("report", { from: START + 1 })).total).toBe(5);
  });

  it("leaves out what was sent between two that are missing", async () => {
    const { client, clock, lead, outbox } = world();
    await lead();
    await client.put("report", everyMinute);
    for (const isPaused of [false, true, false, true, false]) {
      await (isPaused ? client.pause("report") : client.resume("report"));
      await clock.advance(60_000);
    }
    expect(secondsOf(outbox.messages())).toEqual([60, 180, 300]);
    const plan = await client.backfill("report", { from: START + 1, onlyMissing: true });
    expect(plan).toMatchObject({ total: 2, sent: 3, first: START + 120_000, last: START + 240_000 });
    await clock.advance(1_000);
    expect(secondsOf(outbox.messages()).slice(3)).toEqual([120, 240]);
  });

  it("refuses wrong options, and names the field", async () => {
    const { client } = world();
    await client.put("report", { task: "t", schedule: "1s" });
    const refused = [
      [{}, "from"],
      [{ from: ago(1), to: ago(2) }, "from"],
      [{ from: START + 60_000 }, "from"],
      [{ from: ago(100_000) }, "from"],
      [{ from: ago(1), to: "yesterday" }, "to"],
      [{ from: ago(1), maxPerSecond: 0 }, "maxPerSecond"],
      [{ from: ago(1), dryRun: "no" }, "dryRun"],
      [{ from: ago(1), onlyMissing: 1 }, "onlyMissing"],
      [{ from: ago(1), until: 1 }, "until"],
    ] as const;
    for (const [options, field] of refused) {
      await expect(client.backfill("report", options as never)).rejects.toMatchObject({ code: "CONFIG", field });
    }
    await expect(client.backfill("nothing", { from: ago(1) })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
