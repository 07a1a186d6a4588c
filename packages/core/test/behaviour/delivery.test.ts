import { describe, expect, it } from "vitest";

import { PassedError } from "../../src/base/errors.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { cutOff, everySecond, notingLogger, range, secondsOf, START, world } from "../world.js";

const schedule = { ping: everySecond };

describe("one-step delivery", () => {
  it("emits one event per message, even if the store's answer was lost", async () => {
    const { clock, store, outbox, run } = world();
    const beat = await run({ schedule });
    const published: number[] = [];
    beat.on("published", ({ scheduledAt }) => published.push(scheduledAt));
    await clock.advance(1_500);
    store.failNext("advance", { after: true });
    await clock.advance(3_000);
    expect(outbox.messages().map(({ scheduledAt }) => scheduledAt)).toEqual(published);
    expect(published).toHaveLength(4);
  });

  it("that turns out to be possible late goes on with the next occurrence, with few commands to the store", async () => {
    const { clock, store, outbox, run } = world();
    let moves = 0;
    // After far too many moves the store no longer answers, so this test ends.
    const advance: typeof store.advance = (lease, batch) =>
      ++moves > 500 ? new Promise(() => undefined) : store.advance(lease, batch);
    store.failNext("reachesOutbox"); // at the take-over
    store.failNext("reachesOutbox"); // with the first occurrence
    store.failNext("advance"); // whose cursor could not be saved
    await run({ store: { ...store, advance }, schedule });
    await clock.advance(20_500);
    expect(moves).toBeLessThan(50);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 20));
  });

  it("that turns out to be possible late sends nothing twice, even if the first leader dies during a move", async () => {
    const { clock, store, connect, outbox, run } = world();
    store.failNext("reachesOutbox");
    store.failNext("reachesOutbox");
    await run({ schedule });
    await clock.advance(900);
    store.failNext("advance");
    await clock.advance(110);
    cutOff(store);
    await run({ store: connect(), schedule });
    await clock.advance(30_000);
    expect(secondsOf(outbox.messages())).toEqual(range(1, secondsOf(outbox.messages()).length));
    expect(outbox.messages().length).toBeGreaterThan(20);
  });
});

describe("at-least-once delivery", () => {
  it("saves the cursor of a sent message without sending it again if the store was away for a moment", async () => {
    const { clock, store, run } = world();
    const publisher = recordingPublisher();
    await run({ publisher, schedule });
    await clock.advance(1_500);
    store.failNext("advance");
    store.failNext("advance");
    await clock.advance(5_000);
    expect(publisher.messages).toHaveLength(6);
  });

  it("counts a missed occurrence once, even if a cursor could not be saved for a while", async () => {
    const { clock, store, run } = world();
    const beat = await run({ publisher: recordingPublisher(), schedule: { ping: { task: "t", schedule: "1s" } } });
    let missed = 0;
    const published: number[] = [];
    beat.on("missed", ({ count }) => (missed += count));
    beat.on("published", ({ scheduledAt }) => published.push(scheduledAt));
    await clock.advance(2_500);
    for (let failures = 0; failures < 30; failures++) store.failNext("advance");
    await clock.advance(60_000);
    expect(missed).toBeGreaterThan(0);
    expect(new Set(published).size).toBe(published.length);
    expect(published.length + missed).toBe(62);
  });
});

describe("a move that only skips, and whose answer was lost", () => {
  it.each([true, false])("is found or repeated before anything is sent (carried out: %s)", async (after) => {
    const { clock, store, connect, client, run, lead } = world();
    const publisher = recordingPublisher();
    const skipping = { ping: { task: "t", schedule: "10s", missed: "skip" as const, deadlineMs: 1_000 } };
    const first = await lead({ store: connect(), publisher, schedule: skipping });
    await clock.advance(15_000);
    const stopping = first.stop();
    await clock.advance(14_800);
    await stopping;
    store.failNext("advance", { after }); // 20 s is too late; the retry comes when 30 s is due
    const beat = await run({ publisher, schedule: skipping, random: () => 0.99 });
    const missed: unknown[] = [];
    beat.on("missed", (event) => missed.push(event));
    await clock.advance(30_000);
    expect(secondsOf(publisher.messages)).toEqual([10, 30, 40, 50]);
    expect(missed).toEqual([{ entry: "ping", count: 1, atLeast: false, until: START + 20_000, reason: "policy" }]);
    expect(await client.get("ping")).toMatchObject({ runs: 4, skipped: 1 });
  });
});

describe("an occurrence that the queue has passed", () => {
  it.each(["exactly-once", "at-least-once"] as const)("counts as missed, not as sent (%s)", async (kind) => {
    const { clock, client, run } = world();
    const inner = recordingPublisher();
    const publisher: Publisher = {
      ...inner,
      delivery: kind,
      publish: async (batch, context) => {
        const passed = batch.map(({ scheduledAt }) => scheduledAt < START + 3_000);
        const answers = [
          ...(await inner.publish(
            batch.filter((_message, index) => !passed[index]),
            context,
          )),
        ];
        return passed.map((each) => (each ? new PassedError() : answers.shift()));
      },
    };
    const lines: string[] = [];
    const options = kind === "at-least-once" ? { delivery: "at-most-once" as const } : {};
    const beat = await run({ publisher, schedule, logger: notingLogger(lines), ...options });
    const published: number[] = [];
    const missed: unknown[] = [];
    beat.on("published", (event) => published.push(...secondsOf([event])));
    beat.on("missed", (event) => missed.push(event));
    await clock.advance(5_500);
    const event = (until: number): unknown => ({ entry: "ping", count: 1, atLeast: false, until, reason: "passed" });
    expect(published).toEqual([3, 4, 5]);
    expect(missed).toEqual([event(START + 1_000), event(START + 2_000)]);
    expect(lines.join("\n")).toMatch(
      /1 occurrence.* not sent, because the queue had already taken a later one.*: ping/,
    );
    expect(await client.get("ping")).toMatchObject({ runs: 3, skipped: 2, uncertain: 0 });
  });
});

describe("at-most-once delivery", () => {
  it("does not repeat a message that the queue refused, and counts it as uncertain", async () => {
    const { clock, client, run } = world();
    const publisher = recordingPublisher();
    const beat = await run({ publisher, schedule, delivery: "at-most-once" });
    const uncertain: unknown[] = [];
    beat.on("uncertain", (event) => uncertain.push(event));
    await clock.advance(1_500);
    publisher.failNext(1);
    await clock.advance(3_000);
    expect(publisher.messages).toHaveLength(3);
    expect(uncertain).toHaveLength(1);
    expect(await client.get("ping")).toMatchObject({ uncertain: 1, runs: 4 });
    expect((await client.status()).delivery).toMatch(/^at most once/);
  });

  it("never sends an occurrence that a dead leader had claimed, and counts it as uncertain", async () => {
    const { clock, store, connect, client, run } = world();
    const never = (): Promise<unknown> => new Promise(() => undefined);
    await run({ publisher: never, schedule, delivery: "at-most-once" });
    await clock.advance(1_100);
    cutOff(store);
    const publisher = recordingPublisher();
    await run({ store: connect(), publisher, schedule, delivery: "at-most-once" });
    await clock.advance(25_000);
    const instants = secondsOf(publisher.messages);
    expect(instants).toEqual(range(2, instants.length + 1));
    expect(await client.get("ping")).toMatchObject({ uncertain: 1, runs: instants.length + 1 });
  });

  it("leaves no claim after the queue has confirmed", async () => {
    const { clock, connect, client, run } = world();
    await run({ publisher: recordingPublisher(), schedule, delivery: "at-most-once" });
    await clock.advance(3_500);
    const reading = await connect().getSchedule();
    for await (const batch of reading.batches) {
      for (const { cursor } of batch) expect(cursor ?? "").not.toContain("pending");
    }
    expect(await client.get("ping")).toMatchObject({ uncertain: 0, runs: 3 });
  });

  it("repeats nothing while the publisher cannot leave its mark", async () => {
    const { clock, run } = world();
    const sent: Message[] = [];
    const publisher: Publisher = {
      ...recordingPublisher(),
      outbox: { leaveMark: () => Promise.reject(new Error("away")), writesFor: () => [] },
      // The messages arrive, but the answer is lost.
      publish: (messages) => (sent.push(...messages), Promise.reject(new Error("the answer was lost"))),
    };
    await run({ publisher, delivery: "at-most-once", schedule: { ping: { task: "t", schedule: "1m" } } });
    await clock.advance(200_000);
    const instants = secondsOf(sent);
    expect(instants).toEqual([...new Set(instants)]);
  });
});

describe("a slow broker", () => {
  it("costs no lease, because renewals do not wait for sends, and nothing is lost or repeated", async () => {
    const { clock, run } = world();
    const sent: Message[] = [];
    const slow = async (message: Message): Promise<void> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 4_500));
      sent.push(message);
    };
    const beat = await run({ publisher: slow, schedule, lockTtlMs: 15_000 });
    const roles: string[] = [];
    beat.on("leader", () => roles.push("leader"));
    beat.on("standby", ({ reason }) => roles.push(reason));
    await clock.advance(120_000);
    expect(roles).toEqual([]);
    expect(sent.length).toBeGreaterThan(20);
    expect(secondsOf(sent)).toEqual(range(1, sent.length));
  });

  it("that is away beyond an entry's deadline makes occurrences count as missed", async () => {
    const { clock, run } = world();
    const publisher = recordingPublisher();
    const often = { task: "t", schedule: "10s", missed: "all" as const, deadlineMs: 15_000 };
    const beat = await run({ publisher, schedule: { often } });
    let missed = 0;
    beat.on("missed", ({ count }) => (missed += count));
    await clock.advance(15_000);
    publisher.failNext(Infinity);
    await clock.advance(60_000);
    publisher.failNext(0);
    await clock.advance(45_000);
    const instants = secondsOf(publisher.messages);
    expect(missed).toBeGreaterThan(2);
    expect(instants.length + missed).toBe(12);
    expect(instants.at(-1)).toBe(120);
  });
});
