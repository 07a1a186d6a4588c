import { seeded } from "@beatx/test-servers/seeded";
import { describe, expect, it } from "vitest";

import { ConfigError, PublishError } from "../../src/base/errors.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { createBeat } from "../../src/node/beat.js";
import type { BeatOptions } from "../../src/node/options.js";
import type { FakeClock } from "../../src/testing/fake-clock.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { range, secondsOf, START, world } from "../world.js";

const MINUTE = 60_000;

/** The largest number of moments within less than `windowMs`. */
function mostWithin(moments: readonly number[], windowMs = 1_000): number {
  const ascending = [...moments].sort((one, other) => one - other);
  return Math.max(
    0,
    ...ascending.map((from, index) => ascending.slice(index).filter((at) => at < from + windowMs).length),
  );
}

interface Arrivals {
  readonly publisher: Publisher;
  readonly messages: Message[];
  /** When each message arrived, by the clock. */
  readonly at: number[];
}

/** A queue to which each message is under way for up to `longestMs`. */
function slowQueue(clock: FakeClock, longestMs: number, delivery: Publisher["delivery"] = "at-least-once"): Arrivals {
  const random = seeded(7);
  const [messages, at]: [Message[], number[]] = [[], []];
  const arrive = async (message: Message): Promise<undefined> => {
    if (longestMs > 0) await new Promise<void>((resolve) => clock.setTimer(resolve, random() * longestMs));
    messages.push(message);
    at.push(clock.now());
  };
  const publish: Publisher["publish"] = (batch) => Promise.all(batch.map(arrive));
  return { publisher: { ...recordingPublisher(), delivery, publish }, messages, at };
}

const entries = (count: number, entry: EntryInput): Record<string, EntryInput> =>
  Object.fromEntries(range(1, count).map((index) => [`entry-${index}`, entry]));

describe("maxPerSecond (R53)", () => {
  it("holds in one step through a catch-up of 10 000, which sends all of it, each entry in its order", async () => {
    const { clock, store, create, lead, outbox } = world();
    const schedule = entries(10, {
      task: "t",
      schedule: "1s",
      missed: "all",
      maxCatchUp: 1_000,
      endAt: START + 1_000_000,
    });
    const first = create({ schedule });
    await first.tick();
    await first.stop();
    await clock.advance(1_000_500);
    const at: number[] = [];
    const beat = await lead({ store, schedule, maxPerSecond: 200 });
    beat.on("published", () => at.push(clock.now()));
    await clock.advance(60_000);
    expect(at).toHaveLength(10_000);
    expect(mostWithin(at)).toBe(200);
    for (const entry of Object.keys(schedule)) expect(secondsOf(outbox.messages(), entry)).toEqual(range(1, 1_000));
  });

  it.each([
    ["at-least-once", 0, undefined],
    ["at-least-once", 700, undefined],
    ["exactly-once", 700, undefined],
    ["at-least-once", 700, "at-most-once"],
  ] as const)(
    "holds in a queue whose guarantee is %s, however long messages are under way (%i ms, %s)",
    async (...given) => {
      const [guarantee, longestMs, delivery] = given;
      const { clock, lead } = world();
      const { publisher, at, messages } = slowQueue(clock, longestMs, guarantee);
      await lead({
        publisher,
        schedule: entries(300, { task: "t", schedule: "1m" }),
        maxPerSecond: 20,
        ...(delivery && { delivery }),
      });
      await clock.advance(100_000);
      expect(mostWithin(at)).toBeLessThanOrEqual(20);
      expect(new Set(messages.map(({ entry }) => entry)).size).toBe(300);
      expect(messages).toHaveLength(300);
      expect(Math.max(...at)).toBeLessThan(START + MINUTE + 15 * (1_050 + longestMs));
    },
  );

  it("lets a burst of its size go at once, and the oldest first after that", async () => {
    const { clock, lead } = world();
    const { publisher, at, messages } = slowQueue(clock, 0);
    const schedule = { ...entries(8, { task: "t", schedule: "1m" }), later: { task: "t", schedule: { type: "interval", everyMs: MINUTE, anchor: START + 500 } } }; // prettier-ignore
    await lead({ publisher, schedule, maxPerSecond: 3 });
    await clock.advanceTo(START + MINUTE + 30_000);
    const seconds = at.slice(-9).map((moment) => Math.floor((moment - START - MINUTE) / 1_000));
    expect(seconds).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect(messages.at(-1)!.entry).toBe("later");
  });

  it("of 0.5 sends one in any two seconds", async () => {
    const { clock, lead } = world();
    const { publisher, at } = slowQueue(clock, 0);
    await lead({ publisher, schedule: entries(5, { task: "t", schedule: "1m" }), maxPerSecond: 0.5 });
    await clock.advance(MINUTE + 30_000);
    expect(at).toHaveLength(5);
    expect(mostWithin(at, 2_000)).toBe(1);
    expect(at[4]! - at[0]!).toBeLessThan(8_500);
  });

  it("holds through a graceful hand-over: a new leader begins with nothing to give", async () => {
    const { clock, lead, run, connect } = world();
    const { publisher, at } = slowQueue(clock, 0);
    const options = { publisher, schedule: entries(500, { task: "t", schedule: "1m" }), maxPerSecond: 50 };
    const first = await lead(options);
    const second = await run({ ...options, store: connect() });
    let hasLed = false;
    second.on("leader", () => (hasLed = true));
    await clock.advanceTo(START + MINUTE + 2_500);
    expect(at.length).toBeGreaterThan(100);
    void first.stop();
    await clock.advance(30_000);
    expect(hasLed).toBe(true);
    expect(at).toHaveLength(500);
    expect(mostWithin(at)).toBeLessThanOrEqual(50);
  });

  it("counts requested runs and backfills", async () => {
    const { clock, client, lead } = world();
    const { publisher, at, messages } = slowQueue(clock, 0);
    await lead({ publisher, schedule: { job: { task: "t", schedule: "1m" } }, maxPerSecond: 1 });
    await clock.advance(10 * MINUTE);
    for (const _ of range(1, 5)) await client.runNow("job");
    await client.backfill("job", { from: START, to: START + 9 * MINUTE, maxPerSecond: 100 });
    await clock.advance(30_000);
    expect(messages.filter(({ requested }) => requested)).toHaveLength(5 + 10);
    expect(mostWithin(at)).toBe(1);
  });

  it("does not count what was certainly not sent", async () => {
    const { clock, lead } = world();
    const { publisher, at } = slowQueue(clock, 0);
    const refused = new PublishError("no queue", { notSent: true });
    const publish: Publisher["publish"] = async (batch, context) => {
      await publisher.publish(
        batch.filter(({ task }) => task === "t"),
        context,
      );
      return batch.map(({ task }) => (task === "t" ? undefined : refused));
    };
    const schedule = { ...entries(5, { task: "bad", schedule: "1m" }), ...entries(4, { task: "t", schedule: "1h" }) };
    await lead({ publisher: { ...publisher, publish }, schedule: { ...schedule, good: { task: "t", schedule: "1s" } }, maxPerSecond: 2 }); // prettier-ignore
    await clock.advance(10 * MINUTE);
    expect(at.length).toBeGreaterThan(580);
  });

  it("lets what waits get too late by the entry's own limits", async () => {
    const { clock, client, lead } = world();
    const { publisher, at } = slowQueue(clock, 0);
    await lead({
      publisher,
      schedule: entries(30, { task: "t", schedule: "10m", deadlineMs: 10_000 }),
      maxPerSecond: 1,
    });
    await clock.advance(15 * MINUTE);
    expect(at.length).toBeGreaterThanOrEqual(10);
    expect(at.length).toBeLessThanOrEqual(12);
    const views = await client.list();
    expect(views.reduce((sum, { runs, skipped }) => sum + runs + skipped, 0)).toBe(30);
  });

  it("asks the store for nothing while it waits for its next message", async () => {
    const { clock, store, lead } = world();
    let moves = 0;
    const { advance } = store;
    store.advance = (...args) => ((moves += 1), advance(...args));
    await lead({ schedule: entries(3, { task: "t", schedule: "10m" }), maxPerSecond: 0.01 });
    await clock.advance(10 * MINUTE + 90_000);
    expect(moves).toBe(1);
    await clock.advance(20_000);
    expect(moves).toBe(2);
  });
});

describe("status", () => {
  it("tells how many entries the cap holds back since when, and names no problem", async () => {
    const { clock, client, lead } = world();
    await lead({ schedule: entries(600, { task: "t", schedule: "1h" }), maxPerSecond: 5 });
    await clock.advance(60 * MINUTE - 1_000);
    expect((await client.status()).rateCap).toBeNull();
    await clock.advance(11_000);
    const { rateCap } = await client.status();
    expect(rateCap).toMatchObject({ maxPerSecond: 5, atLeast: false, needed: null });
    expect(rateCap!.since).toBeGreaterThanOrEqual(START + 60 * MINUTE);
    expect(rateCap!.since).toBeLessThan(START + 60 * MINUTE + 1_000);
    expect(rateCap!.waiting).toBeGreaterThan(500);
    await clock.advance(95_000);
    const later = await client.status();
    expect(later.problems).toEqual([]);
    expect(later.rateCap).toMatchObject({ needed: expect.closeTo(0.17, 2) });
    await clock.advance(30_000);
    expect(await client.status()).toMatchObject({ rateCap: null, problems: [] });
  });

  it("names the problem if the schedule needs more than the cap", async () => {
    const { clock, client, lead } = world();
    await lead({ schedule: entries(40, { task: "t", schedule: "10s" }), maxPerSecond: 1 });
    await clock.advance(3 * MINUTE);
    const { problems, rateCap } = await client.status();
    expect(rateCap).toMatchObject({ needed: 4 });
    expect(problems.map(({ kind }) => kind)).toEqual(["rate-cap"]);
    expect(problems[0]!.message).toMatch(/maxPerSecond is 1, .* about 4 times a second: .*Raise maxPerSecond/);
  });
});

it.each([0, -1, 1.5, 0.001, 1_000_001, Infinity, NaN, "10", true])("refuses maxPerSecond %s", (value) => {
  const options = { store: "dummy:", publisher: () => Promise.resolve(), maxPerSecond: value };
  expect(() => createBeat(options as unknown as BeatOptions)).toThrow(ConfigError);
  expect(() => createBeat(options as unknown as BeatOptions)).toThrow(
    /maxPerSecond is .*: expected a whole number from 1/,
  );
});
