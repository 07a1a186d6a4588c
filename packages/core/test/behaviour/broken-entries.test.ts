import { describe, expect, it } from "vitest";

import { isLease, type StoredEntry } from "../../src/contract/store.js";
import type { Schedule } from "../../src/schedule/index.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, notingLogger, range, rolesOf, secondsOf, START, world } from "../world.js";

/** A rule that is due every second, and throws from `limit` on. */
function throwingFrom(limit: number): Schedule {
  return {
    type: "wild",
    next(after) {
      if (after >= limit) throw new Error("out of table");
      return (Math.floor(after / 1_000) + 1) * 1_000;
    },
    toJSON: () => ({ type: "wild" }),
    toString: () => "wild",
  };
}

describe("an entry that cannot run does not affect the others", () => {
  it("if it is too large for the store, which is reported", async () => {
    const { clock, connect, run } = world();
    const publisher = recordingPublisher();
    const schedule = { ping: everySecond, big: { ...everySecond, args: ["x".repeat(3_000)] } };
    const beat = await run({ store: connect({ capabilities: { maxValueBytes: 2_000 } }), publisher, schedule });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(30_500);
    expect(errors.join()).toContain("big");
    expect(secondsOf(publisher.messages, "ping")).toEqual(range(1, 30));
  });

  it("if its schedule throws after a while", async () => {
    const { clock, run } = world();
    const wild = throwingFrom(START + 5_000);
    const publisher = recordingPublisher();
    const beat = await run({
      publisher,
      scheduleTypes: [{ type: "wild", parse: () => wild }],
      schedule: { a: everySecond, wild: { task: "t", schedule: wild }, z: everySecond },
    });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(20_500);
    expect(secondsOf(publisher.messages, "a")).toEqual(range(1, 20));
    expect(secondsOf(publisher.messages, "z")).toEqual(range(1, 20));
    expect(secondsOf(publisher.messages, "wild").length).toBeLessThanOrEqual(5);
    expect(errors.join()).toContain("out of table");
  });

  it("if a newer version has written a cursor that this one cannot read", async () => {
    const { clock, store, connect, run } = world();
    const publisher = recordingPublisher();
    await run({ publisher, schedule: { ping: everySecond, other: { task: "t", schedule: "1h" } } });
    await clock.advance(5_500);
    store.expireLock();
    const newer = connect();
    const lease = await newer.acquireLock({ token: "newer", ttlMs: 15_000, label: "newer" });
    if (!isLease(lease)) throw new Error("the lock should have been free");
    await newer.advance(lease, [{ name: "other", from: null, to: "v2:1", definitionRevision: null, dueAt: START }]);
    await newer.releaseLock(lease);
    await clock.advance(30_000);
    expect([...new Set(secondsOf(publisher.messages, "ping"))]).toEqual(range(1, 35));
  });

  it("if its stored definition lacks a field, which makes it broken", async () => {
    const { clock, store, client, run } = world();
    const entry = { task: "t", schedule: { type: "crontab", expression: "* * * * *" } };
    const definition = JSON.stringify({ format: 1, kind: "entry", source: "api", entry });
    await store.setSchedule([{ name: "half", definition, expectedRevision: null }]);
    const publisher = recordingPublisher();
    await run({ publisher, schedule: { ping: everySecond } });
    await clock.advance(10_500);
    expect(secondsOf(publisher.messages, "ping")).toEqual(range(1, 10));
    expect((await client.status()).broken).toMatchObject([{ name: "half" }]);
  });
});

describe("a broken entry", () => {
  it("can be removed by a client", async () => {
    const { store, client } = world();
    await store.setSchedule([{ name: "strange", definition: '{"format":99}', expectedRevision: null }]);
    expect((await client.status()).broken).toMatchObject([{ name: "strange" }]);
    await client.remove("strange");
    expect((await client.status()).broken).toEqual([]);
  });
});

describe("a broken record under a name that no entry can have", () => {
  it.each([
    ["an empty name", ""],
    ["a very long name", "n".repeat(20_000)],
  ])("can be removed (%s)", async (_, name) => {
    const { clock, store, client, run } = world();
    await store.setSchedule([{ name, definition: "damaged", expectedRevision: null }]);
    const lines: string[] = [];
    await run({ schedule: { ping: everySecond }, logger: notingLogger(lines) });
    await clock.advance(2_500);
    expect((await client.status()).broken).toMatchObject([{ name }]);
    expect(lines.filter((line) => line.includes("cannot be read"))).toHaveLength(1);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(2_000);
    await client.remove(name);
    expect((await client.status()).broken).toEqual([]);
  });
});

describe("a disabled entry whose schedule throws", () => {
  it("neither ends leadership nor stops the leader from reading new entries", async () => {
    const { clock, client, run } = world();
    const wild = throwingFrom(START - 1_000);
    const publisher = recordingPublisher();
    const beat = await run({
      publisher,
      scheduleTypes: [{ type: "wild", parse: () => wild }],
      schedule: { wild: { task: "t", schedule: wild, whenDone: "remove", enabled: false } },
    });
    const roles = rolesOf(beat);
    await clock.advance(606_000);
    await client.put("new", { task: "t", schedule: "10s" });
    await clock.advance(60_000);
    expect(roles).toEqual([]);
    expect(secondsOf(publisher.messages, "new")).toHaveLength(6);
  });
});

describe("an entry whose definition another program removed, without a new revision of the schedule", () => {
  const schedule = { gone: everySecond, ping: everySecond };

  /** A store in which `gone` vanishes after 5 s. `isListed`: readings still show it. */
  async function sentWithout(isListed: boolean): Promise<{ seconds: number[]; advances: number }> {
    const { clock, store, run, outbox } = world();
    let advances = 0;
    const isGone = (name: string): boolean => name === "gone" && clock.now() > START + 5_000;
    const advance: typeof store.advance = async (lease, moves) => {
      advances++;
      const results = await store.advance(
        lease,
        moves.filter(({ name }) => !isGone(name)),
      );
      const left = [...results];
      return moves.map(({ name }) => (isGone(name) ? { status: "changed" } : left.shift()!));
    };
    const getSchedule: typeof store.getSchedule = async (since) => {
      const reading = await store.getSchedule(since);
      return { ...reading, batches: listed(reading.batches, (name) => isListed || !isGone(name)) };
    };
    await run({ store: { ...store, advance, getSchedule }, schedule });
    await clock.advance(30_500);
    return { seconds: secondsOf(outbox.messages(), "ping"), advances };
  }

  it("is dropped, and its attempts end", async () => {
    const { seconds, advances } = await sentWithout(false);
    expect(seconds).toEqual(range(1, 30));
    expect(advances).toBeLessThan(35);
  });

  it("causes no busy loop if readings still show it", async () => {
    const { seconds, advances } = await sentWithout(true);
    expect(seconds).toEqual(range(1, 30));
    expect(advances).toBeLessThan(90);
  });
});

async function* listed(
  batches: AsyncIterable<readonly StoredEntry[]>,
  isListed: (name: string) => boolean,
): AsyncGenerator<readonly StoredEntry[]> {
  for await (const batch of batches) yield batch.filter(({ name }) => isListed(name));
}
