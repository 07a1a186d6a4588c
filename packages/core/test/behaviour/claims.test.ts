import { describe, expect, it } from "vitest";

import { PublishError } from "../../src/base/errors.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import type { EntryInput } from "../../src/entry/entry.js";
import type { Beat } from "../../src/node/beat.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { cutOff, everySecond, notingLogger, range, secondsOf, START, storedNames, world } from "../world.js";

const delivery = "at-most-once";
const schedule = { ping: everySecond };

/** A publisher whose broker can be away: then it says that nothing was sent. */
function brokerThatMayBeAway(): Publisher & { isAway: boolean; readonly messages: readonly Message[] } {
  const inner = recordingPublisher();
  const publisher = {
    ...inner,
    isAway: false,
    publish: (batch: readonly Message[], context: Parameters<Publisher["publish"]>[1]) =>
      publisher.isAway
        ? Promise.reject(new PublishError("connection refused", { notSent: true }))
        : inner.publish(batch, context),
  };
  return publisher;
}

/** The instants of the `uncertain` events from now on, in seconds. */
function uncertainOf(beat: Beat): number[] {
  const seconds: number[] = [];
  beat.on("uncertain", (event) => seconds.push(...secondsOf([event])));
  return seconds;
}

describe("a claim whose answer was lost", () => {
  it("is published by the same leader, and is not uncertain", async () => {
    const { clock, store, client, run } = world();
    const publisher = recordingPublisher();
    const beat = await run({ publisher, schedule, delivery });
    const uncertain = uncertainOf(beat);
    await clock.advance(1_500);
    store.failNext("advance", { after: true });
    await clock.advance(3_000);
    expect(secondsOf(publisher.messages)).toEqual(range(1, 4));
    expect(uncertain).toEqual([]);
    expect(await client.get("ping")).toMatchObject({ runs: 4, skipped: 0, uncertain: 0 });
  });

  it("gives way to a newer occurrence if the policy now wants that one", async () => {
    const { clock, store, client, run } = world();
    const publisher = recordingPublisher();
    const latest = { task: "t", schedule: "1s" };
    const beat = await run({ publisher, schedule: { latest }, delivery, random: () => 0.5 });
    let missed = 0;
    beat.on("missed", ({ count }) => (missed += count));
    await clock.advance(1_500);
    store.failNext("advance", { after: true });
    for (let failures = 0; failures < 12; failures++) store.failNext("advance");
    await clock.advance(20_000);
    expect(missed).toBeGreaterThan(0);
    expect(new Set(secondsOf(publisher.messages)).size).toBe(publisher.messages.length);
    expect(publisher.messages.length + missed).toBe(21);
    const sent = publisher.messages.length;
    expect(await client.get("latest")).toMatchObject({ runs: sent, skipped: missed, uncertain: 0 });
  });

  it("is not published too late: what is beyond its deadline by then is skipped", async () => {
    const { clock, store, client, run } = world();
    const publisher = recordingPublisher();
    const strict: EntryInput = { task: "t", schedule: "10s", missed: "skip", deadlineMs: 1_000 };
    const beat = await run({ publisher, schedule: { strict }, delivery, random: () => 0.5 });
    const missed: number[] = [];
    beat.on("missed", ({ until }) => missed.push((until - START) / 1000));
    await clock.advance(9_000);
    store.failNext("advance", { after: true });
    for (let failures = 0; failures < 12; failures++) store.failNext("advance");
    await clock.advance(26_000);
    expect(secondsOf(publisher.messages)).toEqual([20, 30]);
    expect(missed).toEqual([10]);
    expect(await client.get("strict")).toMatchObject({ runs: 2, skipped: 1, uncertain: 0 });
  });

  it("is cleared if only the answer after the publish was lost, even if the entry never runs again", async () => {
    const { clock, store, client, run } = world();
    const publisher = recordingPublisher();
    const once: EntryInput = { task: "t", schedule: { type: "clocked", at: START + 1_000 } };
    const advance: typeof store.advance = (lease, moves) => {
      if (publisher.messages.length === 1) store.failNext("advance");
      return store.advance(lease, moves);
    };
    await run({ store: { ...store, advance }, publisher, schedule: { once }, delivery });
    publisher.failNext(0);
    await clock.advance(1_100);
    expect(await client.get("once")).toMatchObject({ runs: 1, uncertain: 1 });
    publisher.clear(); // the store is back
    await clock.advance(2_000);
    expect(publisher.messages).toEqual([]);
    expect(await client.get("once")).toMatchObject({ runs: 1, uncertain: 0 });
  });
});

describe("an occurrence that may or may not be sent", () => {
  it("is counted at once, even if the entry never runs again", async () => {
    const { clock, client, run } = world();
    const once: EntryInput = { task: "t", schedule: { type: "clocked", at: START + 1_000 } };
    const publisher = recordingPublisher();
    publisher.failNext(1);
    const beat = await run({ publisher, schedule: { once }, delivery });
    const uncertain = uncertainOf(beat);
    await clock.advance(60_000);
    expect(uncertain).toEqual([1]);
    expect(publisher.messages).toEqual([]);
    expect(await client.get("once")).toMatchObject({ runs: 1, uncertain: 1 });
  });
});

describe("a claim that a dead leader left", () => {
  it.each(["at-most-once", "at-least-once"] as const)("is counted and reported once (then %s)", async (then) => {
    const { clock, store, connect, client, run } = world();
    const never = (): Promise<unknown> => new Promise(() => undefined);
    const once: EntryInput = { task: "t", schedule: { type: "clocked", at: START + 1_000 } };
    const entries = { once, off: everySecond };
    await run({ publisher: never, schedule: entries, delivery });
    await clock.advance(1_100);
    cutOff(store);
    await client.put("off", { ...everySecond, enabled: false });
    const lines: string[] = [];
    const publisher = recordingPublisher();
    const second = connect();
    second.failNext("advance", { after: true });
    const beat = await run({ store: second, publisher, delivery: then, logger: notingLogger(lines) });
    const ids: string[] = [];
    beat.on("uncertain", ({ id, entry, scheduledAt }) => ids.push(`${entry} ${(scheduledAt - START) / 1000} ${id}`));
    await clock.advance(60_000);
    const sorted = [...ids].sort();
    expect(sorted.map((each) => each.split(" ").slice(0, 2).join(" "))).toEqual(["off 1", "once 1"]);
    expect(sorted.every((each) => /[0-9a-f-]{36}$/.test(each))).toBe(true);
    expect(publisher.messages).toEqual([]);
    for (const name of ["once", "off"]) expect(await client.get(name), name).toMatchObject({ runs: 1, uncertain: 1 });
    expect(lines.filter((line) => line.includes("2030-01-01T00:00:01.000Z is uncertain"))).toHaveLength(2);
    const third = await run({ store: connect(), publisher, delivery: then });
    const again = uncertainOf(third);
    cutOff(second);
    await clock.advance(60_000);
    expect(again).toEqual([]);
  });
});

describe("while a broker is away, at most once", () => {
  it("loses nothing with the policy all, and calls nothing uncertain", async () => {
    const { clock, client, run } = world();
    const publisher = brokerThatMayBeAway();
    const beat = await run({ publisher, schedule, delivery });
    const uncertain = uncertainOf(beat);
    await clock.advance(1_500);
    publisher.isAway = true;
    await clock.advance(16_000);
    publisher.isAway = false;
    await clock.advance(60_000);
    expect(uncertain).toEqual([]);
    expect(secondsOf(publisher.messages)).toEqual(range(1, 77));
    expect(await client.get("ping")).toMatchObject({ runs: 77, skipped: 0, uncertain: 0 });
  });

  it("sends the newest occurrence afterwards with the policy latest, and counts the others as skipped", async () => {
    const { clock, client, run } = world();
    const publisher = brokerThatMayBeAway();
    const beat = await run({ publisher, schedule: { latest: { task: "t", schedule: "10s" } }, delivery });
    let missed = 0;
    beat.on("missed", ({ count }) => (missed += count));
    await clock.advance(15_000);
    publisher.isAway = true;
    await clock.advance(40_000);
    publisher.isAway = false;
    await clock.advance(34_000);
    const seconds = secondsOf(publisher.messages);
    expect(seconds[1]).toBeGreaterThanOrEqual(50);
    expect(seconds.length + missed).toBe(8);
    expect(await client.get("latest")).toMatchObject({ runs: seconds.length, skipped: missed, uncertain: 0 });
  });

  it("runs one-offs and requested runs when it is back, and removes them then", async () => {
    const { clock, client, connect, run } = world();
    const publisher = brokerThatMayBeAway();
    const at = { type: "clocked", at: START + 1_000 };
    const entries: Record<string, EntryInput> = {
      clocked: { task: "t", schedule: at },
      limited: { task: "t", schedule: "1s", maxRuns: 1 },
      removed: { task: "t", schedule: at, whenDone: "remove" },
      requested: { task: "t", schedule: "1d" },
    };
    publisher.isAway = true;
    await run({ publisher, schedule: entries, delivery });
    await clock.advance(1_500);
    await client.runNow("requested");
    await clock.advance(60_000);
    expect(publisher.messages).toEqual([]);
    expect((await storedNames(connect())).filter((name) => name.startsWith("removed"))).toEqual(["removed"]);
    publisher.isAway = false;
    await clock.advance(60_000);
    const names = publisher.messages.map(({ entry }) => entry);
    expect([...names].sort()).toEqual(["clocked", "limited", "removed", "requested"]);
    const left = (await client.list()).map(({ name, runs, uncertain }) => `${name} ${runs} ${uncertain}`);
    expect(left).toEqual(["clocked 1 0", "limited 1 0", "requested 0 0"]);
  });

  it("makes the claimed occurrence uncertain if the leader dies meanwhile", async () => {
    const { clock, store, connect, client, run } = world();
    const publisher = brokerThatMayBeAway();
    publisher.isAway = true;
    await run({ publisher, schedule: { hourly: { task: "t", schedule: "1h" } }, delivery });
    await clock.advance(3_610_000);
    cutOff(store);
    const beat = await run({ store: connect(), publisher, delivery });
    const uncertain = uncertainOf(beat);
    publisher.isAway = false;
    await clock.advance(60_000);
    expect(uncertain).toEqual([3_600]);
    expect(await client.get("hourly")).toMatchObject({ runs: 1, uncertain: 1 });
  });

  it("sends nothing of an entry that was paused meanwhile", async () => {
    const { clock, client, run } = world();
    const publisher = brokerThatMayBeAway();
    await run({ publisher, schedule, delivery });
    await clock.advance(1_500);
    publisher.isAway = true;
    await clock.advance(10_000);
    await client.pause("ping");
    publisher.isAway = false;
    await clock.advance(60_000);
    expect(secondsOf(publisher.messages)).toEqual([1]);
    await client.resume("ping");
    await clock.advance(2_000);
    expect(secondsOf(publisher.messages)).toEqual([1, 72, 73]);
    expect(await client.get("ping")).toMatchObject({ runs: 3, uncertain: 0 });
  });

  it("never moves a cursor back, even if an edit makes an older occurrence due again", async () => {
    const { clock, store, client, run } = world();
    const publisher = brokerThatMayBeAway();
    const positions: number[] = [];
    const advance: typeof store.advance = (lease, moves) => {
      positions.push(...moves.map(({ to }) => (JSON.parse(to) as { at: number }).at));
      return store.advance(lease, moves);
    };
    await run({ store: { ...store, advance }, publisher, schedule: { ping: { task: "t", schedule: "1s" } }, delivery });
    publisher.isAway = true;
    await clock.advance(10_500);
    await client.put("ping", { task: "t", schedule: "1s", missed: "all" });
    publisher.isAway = false;
    await clock.advance(30_000);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    const seconds = secondsOf(publisher.messages);
    expect(seconds.length).toBeGreaterThan(20);
    expect(seconds).toEqual(range(seconds[0]!, 40));
    expect(await client.get("ping")).toMatchObject({
      runs: seconds.length,
      skipped: 40 - seconds.length,
      uncertain: 0,
    });
  });
});

describe("trust that is too short for a publish", () => {
  it("keeps a claim instead of publishing it late", async () => {
    const { clock, store, client, run } = world();
    const left: number[] = [];
    const publisher = recordingPublisher();
    const timed: Publisher = {
      ...publisher,
      publish: async (batch, context) => {
        left.push((await store.readLock())?.expiresInMs ?? 0);
        return publisher.publish(batch, context);
      },
    };
    const options = { lockTtlMs: 9_000, publishTimeoutMs: 4_900, commandTimeoutMs: 2_000 };
    const beat = await run({ publisher: timed, schedule, delivery, ...options });
    const uncertain = uncertainOf(beat);
    await clock.advance(2_900);
    // The renewal after 3 s is not answered, and the claim made then takes 1.9 s.
    store.delay("renewLock", 1e9);
    store.delay("advance", 1_900);
    await clock.advance(3_000);
    store.delay("renewLock", 0);
    store.delay("advance", 0);
    await clock.advance(10_000);
    expect(Math.min(...left)).toBeGreaterThanOrEqual(4_900);
    expect(secondsOf(publisher.messages)).toEqual(range(1, publisher.messages.length));
    expect(publisher.messages.length).toBeGreaterThan(10);
    expect(uncertain).toEqual([]);
    expect(await client.get("ping")).toMatchObject({ uncertain: 0, skipped: 0 });
  });
});
