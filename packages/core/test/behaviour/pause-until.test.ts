import { describe, expect, it } from "vitest";

import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { cutOff, everySecond, range, secondsOf, START, storedEntry, storedNames, world } from "../world.js";

const at = (second: number): number => START + second * 1_000;
const once = (second: number, fields: Partial<EntryInput> = {}): EntryInput => ({
  task: "t",
  schedule: { type: "clocked", at: new Date(at(second)).toISOString() },
  ...fields,
});

describe("a pause that ends by itself (R15)", () => {
  it("ends on time under a leader that took over meanwhile, without any write", async () => {
    const { clock, store, connect, outbox, client, lead, run } = world();
    await lead({ schedule: { ping: everySecond } });
    await run({ store: connect(), schedule: { ping: everySecond } });
    await clock.advance(5_500);
    await client.pause("ping", { until: at(60), note: "db upgrade", by: "anna" });
    const { definition, revision } = await storedEntry(store, "ping");
    await clock.advance(10_000);
    cutOff(store);
    await clock.advance(54_000);
    expect(secondsOf(outbox.messages())).toEqual([...range(1, 5), ...range(61, 69)]);
    expect(await storedEntry(connect(), "ping")).toMatchObject({ definition, revision });
    expect(await client.get("ping")).toMatchObject({ paused: false, pause: null, active: true, skipped: 0, runs: 14 });
  });

  it("owes nothing if no node led when it ended, but what came after", async () => {
    const { clock, connect, outbox, client, lead } = world();
    const beat = await lead({ schedule: { ping: everySecond } });
    await clock.advance(3_500);
    await client.pause("ping", { until: at(60) });
    await beat.stop();
    await clock.advance(66_400);
    await lead({ store: connect(), schedule: { ping: everySecond } });
    expect(secondsOf(outbox.messages())).toEqual([...range(1, 3), ...range(61, 69)]);
  });

  it("of an entry that has not run yet: it runs at once when the pause is over, if it asks for that", async () => {
    const { clock, outbox, client, lead } = world();
    await client.put("new", { task: "t", schedule: "1h", firstRun: "now" });
    await client.pause("new", { until: at(30) });
    await lead();
    await clock.advance(29_900);
    expect(outbox.messages()).toEqual([]);
    await clock.advance(1_000);
    expect(outbox.messages().map(({ scheduledAt }) => scheduledAt)).toEqual([at(30) + 1]);
  });

  it("lets requested runs go out", async () => {
    const { clock, outbox, client, lead } = world();
    await lead({ schedule: { ping: everySecond } });
    await client.pause("ping", { until: at(600) });
    await clock.advance(2_000);
    const { id } = await client.runNow("ping");
    await clock.advance(2_000);
    expect(outbox.messages().map((message) => message.id)).toEqual([id]);
    expect(await client.get("ping")).toMatchObject({ paused: true, requestedRuns: 1, nextRunAt: at(601) });
  });

  it("skips, counts and reports an only moment that it swallows, and keeps the entry until then", async () => {
    const { clock, store, connect, outbox, client, lead, create } = world();
    await client.put("once", once(60, { whenDone: "remove" }));
    await client.put("late", once(590, { whenDone: "remove" }));
    for (const name of ["once", "late"]) await client.pause(name, { until: at(600) });
    const first = await lead();
    await clock.advance(200_000);
    await first.stop();
    const second = create({ store: connect() });
    const missed: object[] = [];
    second.on("missed", (event) => missed.push(event));
    await second.start();
    await clock.advance(399_000);
    expect(await storedNames(store)).toEqual(expect.arrayContaining(["once", "late"]));
    expect(await client.get("once")).toMatchObject({ paused: true, nextRunAt: null });
    expect(await client.get("late")).toMatchObject({ paused: true, nextRunAt: at(600) });
    expect(missed).toEqual([]);
    await clock.advance(2_000);
    expect(secondsOf(outbox.messages())).toEqual([590]);
    expect(missed).toMatchObject([{ entry: "once" }]);
    expect(await client.list()).toEqual([]);
  });

  it("survives a change of the configuration, which then counts", async () => {
    const { clock, connect, outbox, client, lead } = world();
    const beat = await lead({ schedule: { ping: everySecond } });
    await client.pause("ping", { until: at(60), note: "db upgrade" });
    await beat.stop();
    await lead({ store: connect(), schedule: { ping: { ...everySecond, schedule: "10s", tags: ["new"] } } });
    expect(await client.get("ping")).toMatchObject({ paused: true, pause: { note: "db upgrade" }, tags: ["new"] });
    await clock.advance(90_500);
    expect(secondsOf(outbox.messages())).toEqual([70, 80, 90]);
  });

  it("survives the loss of the store's data", async () => {
    const { clock, store, outbox, client, lead } = world();
    await lead({ schedule: { ping: everySecond } });
    await client.pause("ping", { until: at(60), note: "db upgrade" });
    await clock.advance(5_000);
    store.wipe();
    await clock.advance(40_000);
    expect(await client.get("ping")).toMatchObject({ paused: true, pause: { note: "db upgrade", until: at(60) } });
    await clock.advance(19_500);
    expect(secondsOf(outbox.messages())).toEqual(range(61, 64));
  });

  it("settles an open claim meanwhile (R25)", async () => {
    const { clock, store, connect, client, lead, run } = world();
    const publisher = recordingPublisher();
    const options = { publisher, delivery: "at-most-once", schedule: { ping: everySecond } } as const;
    await lead(options);
    await clock.advance(2_500);
    const { publish } = publisher;
    publisher.publish = (): Promise<never> => {
      cutOff(store);
      return new Promise(() => undefined);
    };
    await clock.advance(1_000);
    publisher.publish = publish;
    await client.pause("ping", { until: at(120) });
    await run({ ...options, store: connect() });
    await clock.advance(60_000);
    expect(await client.get("ping")).toMatchObject({ paused: true, uncertain: 1 });
    await clock.advance(60_000);
    expect(secondsOf(publisher.messages)).toEqual([1, 2, ...range(121, 123)]);
  });

  it("that was replaced ends when the last one says", async () => {
    const { clock, outbox, client, lead } = world();
    await lead({ schedule: { ping: everySecond } });
    await client.pause("ping", { until: at(10), note: "first" });
    await client.pause("ping", { until: at(20) });
    await clock.advance(22_500);
    expect(secondsOf(outbox.messages())).toEqual([21, 22]);
    await client.pause("ping", { until: at(40) });
    await clock.advance(5_000);
    await client.resume("ping");
    await clock.advance(2_000);
    expect(secondsOf(outbox.messages())).toEqual([21, 22, 28, 29]);
  });

  it("is not ended again by resume: what was due after it is still owed", async () => {
    const { clock, connect, outbox, client, lead } = world();
    const beat = await lead({ schedule: { ping: everySecond } });
    await client.pause("ping", { until: at(10) });
    await beat.stop();
    await clock.advance(15_500);
    expect(await client.resume("ping")).toMatchObject({ paused: false, nextRunAt: at(11) });
    await lead({ store: connect(), schedule: { ping: everySecond } });
    expect(secondsOf(outbox.messages())).toEqual(range(11, 15));
  });
});
