import { dummyStore } from "@beatx/store-dummy";
import { describe, expect, it, onTestFinished } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import type { CursorMove } from "../../src/contract/store.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { createBeat } from "../../src/node/beat.js";
import { silentLogger } from "../../src/report/logger.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { BusyClock, countTurns } from "../event-loop.js";
import { range, secondsOf, START, world } from "../world.js";

const everySecond: EntryInput = { task: "t", schedule: "1s", missed: "all", maxCatchUp: 10_000 };

/** A world in which no node led for `seconds`, and what the next leader moves. */
async function afterOutage(schedule: Record<string, EntryInput>, seconds: number) {
  const { connect, lead, ...rest } = world();
  await (await lead({ schedule })).stop();
  await rest.clock.advance(seconds * 1_000);
  const moves: CursorMove[][] = [];
  const next = connect();
  const advance: typeof next.advance = (lease, batch) => {
    moves.push([...batch]);
    return next.advance(lease, batch);
  };
  return { ...rest, lead, next: { ...next, advance }, moves };
}

describe("a backlog in one step", () => {
  it("goes out in a few moves, each with several occurrences and the cursor after the last", async () => {
    const { next, moves, outbox, client, lead } = await afterOutage({ ping: everySecond }, 1_200);
    await lead({ store: next, schedule: { ping: everySecond } });
    expect(secondsOf(outbox.messages())).toEqual(range(1, 1_200));
    expect(moves.flat().map(({ outbox: writes = [] }) => writes.length)).toEqual([500, 500, 200]);
    for (const { outbox: writes = [], to, dueAt } of moves.flat()) {
      const last = JSON.parse(writes.at(-1)!.value) as { scheduledAt: number };
      expect(JSON.parse(to)).toMatchObject({ at: last.scheduledAt });
      expect(dueAt).toBe(last.scheduledAt);
    }
    expect(await client.get("ping")).toMatchObject({ runs: 1_200, skipped: 0 });
  });

  it("emits one event per occurrence", async () => {
    const { clock, next, create } = await afterOutage({ ping: everySecond }, 100);
    const beat = create({ store: next, schedule: { ping: everySecond } });
    const published: { scheduledAt: number; entry: string }[] = [];
    beat.on("published", (event) => published.push(event));
    await beat.start();
    await clock.advance(10);
    expect(secondsOf(published)).toEqual(range(1, 100));
  });

  it("shares a batch of 500 messages among the entries that are due", async () => {
    const schedule = Object.fromEntries(range(1, 100).map((index) => [`entry-${index}`, everySecond]));
    const { next, moves, outbox, lead } = await afterOutage(schedule, 20);
    await lead({ store: next, schedule });
    expect(outbox.messages()).toHaveLength(2_000);
    const sizes = moves.map((batch) => batch.reduce((sum, move) => sum + (move.outbox?.length ?? 0), 0));
    expect(sizes).toEqual([500, 500, 500, 500]);
    expect(new Set(moves.flat().map((move) => move.outbox?.length))).toEqual(new Set([5]));
  });

  it("sends no more than maxRuns", async () => {
    const schedule = { ping: { ...everySecond, maxRuns: 7 } };
    const { next, outbox, client, lead } = await afterOutage(schedule, 60);
    await lead({ store: next, schedule });
    expect(secondsOf(outbox.messages())).toEqual(range(1, 7));
    expect(await client.get("ping")).toMatchObject({ runs: 7 });
  });

  it("puts large messages into several moves", async () => {
    const schedule = { ping: { ...everySecond, args: ["x".repeat(300_000)] } };
    const { next, moves, outbox, client, lead } = await afterOutage(schedule, 10);
    await lead({ store: next, schedule });
    expect(secondsOf(outbox.messages())).toEqual(range(1, 10));
    expect(moves.flat().map((move) => move.outbox?.length)).toEqual([3, 3, 3, 1]);
    expect(await client.get("ping")).toMatchObject({ runs: 10 });
  });

  it("is sent once, even if answers of the store are lost", async () => {
    const { clock, next, outbox, client, lead } = await afterOutage({ ping: everySecond }, 700);
    next.failNext("advance", { after: true });
    next.failNext("advance");
    next.failNext("advance", { after: true });
    await lead({ store: next, schedule: { ping: everySecond } });
    await clock.advance(3_490);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 703));
    expect(await client.get("ping")).toMatchObject({ runs: 703, skipped: 0 });
  });

  it("leaves all of a move's occurrences due if the queue refuses one", async () => {
    const { clock, store, next, outbox, client, lead } = await afterOutage({ ping: everySecond }, 50);
    store.breakQueue("messages");
    await lead({ store: next, schedule: { ping: everySecond } });
    await clock.advance(5_000);
    expect(outbox.messages()).toEqual([]);
    expect(await client.get("ping")).toMatchObject({ runs: 0 });
  });
});

describe("a backlog of many rules", () => {
  it("is counted in slices: the event loop turns, ticks end, and an entry that is on time goes out first", async () => {
    const clock = new BusyClock(START, 1);
    const store = dummyStore({ clock });
    const publisher = recordingPublisher();
    const client = createClient({ store, clock });
    for (let index = 0; index < 30; index++) {
      await client.put(`behind-${index}`, { task: "t", schedule: { type: "interval", everyMs: 1_000 + index } });
    }
    await clock.advance(7 * 86_400_000);
    await client.put("good", { task: "t", schedule: "1m" });
    await clock.advance(60_000);
    const beat = createBeat({ store, publisher, clock, logger: silentLogger });
    onTestFinished(() => beat.stop());
    const turns = countTurns();
    let ticks = 0;
    for (; publisher.messages.length < 31; ticks++) await beat.tick();
    expect(publisher.messages[0]!.entry).toBe("good");
    expect(turns()).toBeGreaterThan(30 * 30);
    expect(ticks).toBeGreaterThan(3);
    expect(publisher.messages.every(({ entry, coalesced }) => entry === "good" || coalesced >= 9_999)).toBe(true);
  });
});
