import { type DummyPublisher, dummyPublisher, type DummyStore, dummyStore } from "@beatx/store-dummy";
import { afterEach, describe, expect, it } from "vitest";

import { type Beat, createBeat } from "./beat.js";
import { createClient } from "./client.js";
import { interval } from "./schedule/index.js";
import type { BeatOptions } from "./options.js";
import type { Message } from "./publisher.js";
import type { EntryInput } from "./entry.js";
import { FakeClock, recordingPublisher, silentLogger } from "./testing.js";

const TTL = 15_000;
let names = 0;
const beats: Beat[] = [];

/** A cluster of nodes in one process on one clock. */
function cluster(): { clock: FakeClock; name: string; store: () => DummyStore; publisher: DummyPublisher } {
  const clock = new FakeClock("2030-01-01T00:00:00Z");
  const name = `beat-test-${names++}`;
  return { clock, name, store: () => dummyStore({ name, clock }), publisher: dummyPublisher({ name, clock }) };
}

function node(options: Partial<BeatOptions> & Pick<BeatOptions, "store" | "publisher" | "clock">): Beat {
  const beat = createBeat({ logger: silentLogger, lockTtlMs: TTL, ...options });
  beats.push(beat);
  return beat;
}

const everySecond: EntryInput = { task: "ops.ping", schedule: interval("1s"), missed: "all" };

function record(beat: Beat): string[] {
  const roles: string[] = [];
  beat.on("leader", () => roles.push("leader"));
  beat.on("standby", ({ reason }) => roles.push(`standby: ${reason}`));
  return roles;
}

/** The instants of an entry's messages, in seconds after the start of the clock. */
function seconds(publisher: DummyPublisher, entry = "ping"): number[] {
  const start = Date.parse("2030-01-01T00:00:00Z");
  return publisher
    .messages()
    .filter((message) => message.entry === entry)
    .map(({ scheduledAt }) => (scheduledAt - start) / 1000);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

afterEach(async () => {
  for (const beat of beats.splice(0)) void beat.stop();
});

describe("one node", () => {
  it("becomes leader and sends each occurrence once, at its instant", async () => {
    const { clock, store, publisher } = cluster();
    const beat = node({ store: store(), publisher, clock, schedule: { ping: everySecond } });
    const late: number[] = [];
    beat.on("published", ({ lateMs }) => late.push(lateMs));
    await beat.start();
    await clock.advance(10_500);
    expect(seconds(publisher)).toEqual(range(1, 10));
    expect(Math.max(...late)).toBeLessThan(5);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });

  it("can be ticked by hand", async () => {
    const { clock, store, publisher } = cluster();
    const beat = node({ store: store(), publisher, clock, schedule: { ping: everySecond } });
    for (let spent = 0; spent < 5_500;) {
      const sleepMs = await beat.tick();
      await clock.advance(sleepMs);
      spent += sleepMs;
    }
    expect(seconds(publisher)).toEqual(range(1, 5));
  });

  it("calls the user's function once per occurrence, with an id that does not depend on the node", async () => {
    const runs = [];
    for (const namespace of ["shop", "shop", "other"]) {
      const { clock, store } = cluster();
      const received: Message[] = [];
      const publisher = (message: Message): Promise<unknown> => Promise.resolve(received.push(message));
      const beat = node({ store: store(), publisher, clock, namespace, schedule: { ping: everySecond } });
      await beat.start();
      await clock.advance(2_500);
      expect(received).toMatchObject([{ entry: "ping", task: "ops.ping", coalesced: 0, requested: false }, {}]);
      runs.push(received.map(({ id }) => id));
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(new Set([...runs[0]!, ...runs[2]!]).size).toBe(4);
  });
});

describe("several nodes", () => {
  it("have one leader; the others write nothing", async () => {
    const { clock, store, publisher } = cluster();
    const stores = [store(), store(), store()];
    const nodes = stores.map((each) => node({ store: each, publisher, clock, schedule: { ping: everySecond } }));
    const roles = nodes.map(record);
    for (const each of nodes) await each.start();
    await clock.advance(30_500);
    expect(roles.filter((role) => role.includes("leader"))).toHaveLength(1);
    expect(seconds(publisher)).toEqual(range(1, 30));
  });

  it("replace a leader that is gone within the ttl, and miss nothing", async () => {
    const { clock, store, publisher } = cluster();
    const first = store();
    const a = node({ store: first, publisher, clock, schedule: { ping: everySecond } });
    await a.start();
    await clock.advance(2_500);
    const b = node({ store: store(), publisher, clock, schedule: { ping: everySecond } });
    const roles = record(b);
    await b.start();
    await clock.advance(3_000);
    for (const method of ["renewLock", "advance", "acquireLock", "releaseLock", "getRevision", "getSchedule"] as const)
      first.delay(method, 1e9);
    await clock.advance(TTL + 1_000);
    expect(roles).toEqual(["standby: joined", "leader"]);
    await clock.advance(5_000);
    expect(seconds(publisher)).toEqual(range(1, 26));
  });

  it("take over within a second when the leader stops", async () => {
    const { clock, store, publisher } = cluster();
    const a = node({ store: store(), publisher, clock, schedule: { ping: everySecond } });
    const b = node({ store: store(), publisher, clock, schedule: { ping: everySecond } });
    const roles = record(b);
    await a.start();
    await clock.advance(1_500);
    await b.start();
    await clock.advance(2_000);
    const stopped = a.stop();
    await clock.advance(1_000);
    await stopped;
    expect(roles).toEqual(["standby: joined", "leader"]);
    await clock.advance(3_000);
    expect(seconds(publisher)).toEqual(range(1, 7));
  });
});

describe("a store in trouble", () => {
  it("that loses the lock makes the leader stand by and compete again, and nothing is sent twice", async () => {
    const { clock, store, publisher } = cluster();
    const own = store();
    const beat = node({ store: own, publisher, clock, schedule: { ping: everySecond } });
    const roles = record(beat);
    await beat.start();
    await clock.advance(3_500);
    own.expireLock();
    await clock.advance(10_000);
    expect(roles.slice(0, 3)).toEqual([
      "standby: joined",
      "leader",
      expect.stringMatching(/^standby: (refused|a write)/),
    ]);
    expect(roles.at(-1)).toBe("leader");
    expect(seconds(publisher)).toEqual(range(1, 13));
  });

  it("that answers too late once does not cost leadership", async () => {
    const { clock, store, publisher } = cluster();
    const own = store();
    const beat = node({ store: own, publisher, clock, schedule: { ping: everySecond } });
    const roles = record(beat);
    await beat.start();
    await clock.advance(1_500);
    own.failNext("renewLock", { after: true });
    own.failNext("advance", { after: true });
    await clock.advance(20_000);
    expect(roles).toEqual(["standby: joined", "leader"]);
    expect(seconds(publisher)).toEqual(range(1, 21));
  });

  it("that was wiped gets its entries and cursors back from the leader's memory", async () => {
    const { clock, store, publisher } = cluster();
    const own = store();
    const beat = node({ store: own, publisher: recordingPublisher(), clock, schedule: { ping: everySecond } });
    const lost: unknown[] = [];
    beat.on("state-lost", (event) => lost.push(event));
    await beat.start();
    await clock.advance(1_500);
    const client = createClient({ store: store(), clock });
    await client.put("dynamic", { task: "ops.dynamic", schedule: "1s", missed: "all" });
    await clock.advance(2_000);
    own.wipe();
    await clock.advance(2 * TTL + 10_000);
    expect(lost).toMatchObject([{ restored: 2 }]);
    expect((await client.list()).map(({ name, source }) => [name, source])).toEqual([
      ["dynamic", "api"],
      ["ping", "config"],
    ]);
    expect(publisher.messages()).toEqual([]);
  });
});

describe("the broker in trouble", () => {
  it("keeps occurrences due; they go out with the same ids when it is back", async () => {
    const { clock, store } = cluster();
    const publisher = recordingPublisher();
    const beat = node({
      store: store(),
      publisher,
      clock,
      schedule: { ping: everySecond, other: { ...everySecond, task: "ops.other" } },
    });
    const errors: Error[] = [];
    beat.on("error", (error) => errors.push(error));
    await beat.start();
    await clock.advance(1_500);
    publisher.failNext(3, "ping");
    await clock.advance(10_000);
    const instants = publisher.messages.filter(({ entry }) => entry === "ping").map(({ scheduledAt }) => scheduledAt);
    expect(errors).toHaveLength(3);
    expect(new Set(instants).size).toBe(11);
    expect(instants).toEqual([...instants].sort());
    expect(publisher.messages.filter(({ entry }) => entry === "other")).toHaveLength(11);
  });
});

describe("time", () => {
  /** Without a clock of its own, so that the node's wall clock decides what is due. */
  function clockless(store: DummyStore): DummyStore {
    return { ...store, getTime: undefined } as unknown as DummyStore;
  }

  it("that steps back sends nothing twice", async () => {
    const { clock, store, publisher } = cluster();
    const beat = node({ store: clockless(store()), publisher, clock, schedule: { ping: everySecond } });
    await beat.start();
    await clock.advance(10_500);
    clock.stepWallClock(-5_000);
    await clock.advance(10_000);
    expect(seconds(publisher)).toEqual(range(1, 15));
  });

  it("that steps forward is treated as an outage: the entry's policy decides", async () => {
    const { clock, store, publisher } = cluster();
    const schedule = { all: everySecond, latest: { ...everySecond, missed: "latest" as const } };
    const beat = node({ store: clockless(store()), publisher, clock, schedule });
    const missed: unknown[] = [];
    beat.on("missed", (event) => missed.push(event));
    await beat.start();
    await clock.advance(2_500);
    clock.stepWallClock(10_000);
    await clock.advance(6_000);
    expect(seconds(publisher, "all")).toEqual(range(1, 18));
    expect(missed).toMatchObject([{ entry: "latest", count: expect.any(Number) as number }]);
    expect(seconds(publisher, "latest").length + (missed[0] as { count: number }).count).toBe(18);
  });

  it("of the store decides where it has a clock: a node whose own is wrong sends at the right moment", async () => {
    const { clock, store, publisher } = cluster();
    const wrong = {
      now: () => clock.now() + 3_600_000,
      monotonicMs: () => clock.monotonicMs(),
      setTimer: clock.setTimer.bind(clock),
    };
    const beat = node({ store: store(), publisher, clock: wrong, schedule: { ping: everySecond } });
    await beat.start();
    await clock.advance(3_500);
    expect(seconds(publisher)).toEqual([1, 2, 3]);
  });
});

describe("stopping", () => {
  it("is repeatable, and a stopped beat cannot be started again", async () => {
    const { clock, store, publisher } = cluster();
    const beat = node({ store: store(), publisher, clock });
    await beat.start();
    await clock.advance(100);
    const stopped = Promise.all([beat.stop(), beat.stop()]);
    await clock.advance(100);
    await stopped;
    await expect(beat.start()).rejects.toMatchObject({ code: "CLOSED" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("closes what was opened by URI and leaves open what was handed in", async () => {
    const { clock, store, publisher } = cluster();
    const handedIn = store();
    const opened = store();
    const beat = node({
      store: "own:",
      stores: [{ schemes: ["own"], open: () => Promise.resolve(opened) }],
      publisher,
      clock,
    });
    const other = node({ store: handedIn, publisher, clock });
    await beat.start();
    await other.start();
    const stopped = Promise.all([beat.stop(), other.stop()]);
    await clock.advance(100);
    await stopped;
    await expect(opened.getRevision()).rejects.toThrow();
    await expect(handedIn.getRevision()).resolves.toEqual(expect.any(String));
  });
});

describe("the log", () => {
  it("says once that the store is away, and once that it is back", async () => {
    const { clock, store, publisher } = cluster();
    const own = store();
    const lines: string[] = [];
    const note = (_fields: object, message: string): void => void lines.push(message);
    const logger = { debug: () => undefined, info: note, warn: note, error: note };
    for (const each of [own, store()])
      await node({ store: each, publisher, clock, logger, schedule: { ping: everySecond } }).start();
    await clock.advance(3_000);
    lines.splice(0);
    own.pause();
    await clock.advance(40_000);
    expect(lines.filter((line) => line.startsWith("store: "))).toHaveLength(2);
    lines.splice(0);
    own.resume();
    await clock.advance(5_000);
    expect(lines.filter((line) => line.includes("works again"))).toHaveLength(2);
  });
});

describe("a listener that throws", () => {
  it("is logged and stops nothing", async () => {
    const { clock, store, publisher } = cluster();
    const lines: string[] = [];
    const logger = { ...silentLogger, error: (_fields: object, message: string) => void lines.push(message) };
    const beat = node({ store: store(), publisher, clock, logger, schedule: { ping: everySecond } });
    for (const event of ["leader", "published", "error"] as const) {
      beat.on(event, () => {
        throw new Error(`from ${event}`);
      });
    }
    await beat.start();
    await clock.advance(3_500);
    expect(seconds(publisher)).toEqual([1, 2, 3]);
    expect(lines.some((line) => line.includes("from published"))).toBe(true);
  });
});

describe("a start that fails", () => {
  it("can be followed by a stop, and by nothing else that is open", async () => {
    const { clock, publisher } = cluster();
    const open = (): Promise<never> => Promise.reject(new Error("no such store"));
    const beat = node({ store: "own:", stores: [{ schemes: ["own"], open }], publisher, clock });
    const starting = beat.start();
    const stopping = beat.stop();
    await expect(starting).rejects.toThrow("no such store");
    await stopping;
    expect(clock.pendingTimers).toBe(0);
  });
});
