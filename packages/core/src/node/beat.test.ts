import { describe, expect, it } from "vitest";

import {
  cutOff,
  everySecond,
  notingLogger,
  range,
  rolesOf,
  secondsOf,
  slowPublisher,
  START,
  world,
} from "../../test/world.js";
import type { Message, Publisher } from "../contract/publisher.js";
import { silentLogger } from "../report/logger.js";
import { interval } from "../schedule/index.js";
import { simulate } from "../simulation/simulate.js";
import { recordingPublisher } from "../testing/recording-publisher.js";

const TTL = 15_000;
const schedule = { ping: everySecond };

describe("one node", () => {
  it("becomes leader and sends each occurrence once, at its instant", async () => {
    const { clock, outbox, run } = world();
    const beat = await run({ schedule });
    const late: number[] = [];
    beat.on("published", ({ lateMs }) => late.push(lateMs));
    await clock.advance(10_500);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 10));
    expect(Math.max(...late)).toBeLessThan(5);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });

  it("can be ticked by hand", async () => {
    const { clock, outbox, create } = world();
    const beat = create({ schedule });
    for (let spent = 0; spent < 5_500;) {
      const sleepMs = await beat.tick();
      await clock.advance(sleepMs);
      spent += sleepMs;
    }
    expect(secondsOf(outbox.messages())).toEqual(range(1, 5));
  });

  it("calls the user's function once per occurrence, with an id that does not depend on the node", async () => {
    const runs = [];
    for (const namespace of ["shop", "shop", "other"]) {
      const { clock, run } = world();
      const received: Message[] = [];
      const publisher = (message: Message): Promise<unknown> => Promise.resolve(received.push(message));
      await run({ publisher, namespace, schedule });
      await clock.advance(2_500);
      expect(received).toMatchObject([{ entry: "ping", task: "t", coalesced: 0, requested: false }, {}]);
      runs.push(received.map(({ id }) => id));
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(new Set([...runs[0]!, ...runs[2]!]).size).toBe(4);
  });

  it("sends what `simulate` says also where no lateness at all is allowed", async () => {
    const { clock, run } = world();
    // The node's instants and its timers are not the same fraction of a millisecond.
    await clock.advance(0.4);
    const strict = { ping: { task: "t", schedule: "1s", deadlineMs: 0 } };
    const publisher = recordingPublisher();
    await run({ publisher, schedule: strict });
    await clock.advance(10_000);
    const planned = simulate(strict, { from: START + 1, to: START + 10_000 }).filter(({ kind }) => kind === "sent");
    expect(secondsOf(publisher.messages).slice(0, planned.length)).toEqual(secondsOf(planned));
    expect(planned.length).toBeGreaterThan(5);
  });

  it("that is behind notices within a few seconds that an entry was paused", async () => {
    const { clock, client, run } = world();
    const publisher = slowPublisher(clock, 1_200);
    await run({ publisher, schedule });
    await clock.advance(20_000);
    const paused = client.pause("ping");
    await clock.advance(3_000);
    await paused;
    const sent = publisher.messages.length;
    await clock.advance(60_000);
    expect(publisher.messages.length - sent).toBeLessThanOrEqual(2);
  });
});

describe("several nodes", () => {
  it("have one leader; the others write nothing", async () => {
    const { clock, connect, outbox, create } = world();
    const nodes = range(1, 3).map(() => create({ store: connect(), schedule }));
    const roles = nodes.map(rolesOf);
    for (const each of nodes) await each.start();
    await clock.advance(30_500);
    expect(roles.filter((role) => role.includes("leader"))).toHaveLength(1);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 30));
  });

  it("replace a leader that is gone within the ttl, and miss nothing", async () => {
    const { clock, store, connect, outbox, create, run } = world();
    await run({ schedule, lockTtlMs: TTL });
    await clock.advance(2_500);
    const other = create({ store: connect(), schedule, lockTtlMs: TTL });
    const roles = rolesOf(other);
    await other.start();
    await clock.advance(3_000);
    cutOff(store);
    await clock.advance(TTL + 1_000);
    expect(roles).toEqual(["standby: joined", "leader"]);
    await clock.advance(5_000);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 26));
  });

  it("take over within a second when the leader stops", async () => {
    const { clock, connect, outbox, create, run } = world();
    const first = await run({ schedule });
    await clock.advance(1_500);
    const other = create({ store: connect(), schedule });
    const roles = rolesOf(other);
    await other.start();
    await clock.advance(2_000);
    const stopped = first.stop();
    await clock.advance(1_000);
    await stopped;
    expect(roles).toEqual(["standby: joined", "leader"]);
    await clock.advance(3_000);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 7));
  });
});

describe("a store in trouble", () => {
  it("that loses the lock makes the leader stand by and compete again, and nothing is sent twice", async () => {
    const { clock, store, outbox, create } = world();
    const beat = create({ schedule });
    const roles = rolesOf(beat);
    await beat.start();
    await clock.advance(3_500);
    store.expireLock();
    await clock.advance(10_000);
    expect(roles.slice(0, 3)).toEqual([
      "standby: joined",
      "leader",
      expect.stringMatching(/^standby: (refused|a write)/),
    ]);
    expect(roles.at(-1)).toBe("leader");
    expect(secondsOf(outbox.messages())).toEqual(range(1, 13));
  });

  it("that answers too late once does not cost leadership", async () => {
    const { clock, store, outbox, create } = world();
    const beat = create({ schedule });
    const roles = rolesOf(beat);
    await beat.start();
    await clock.advance(1_500);
    store.failNext("renewLock", { after: true });
    store.failNext("advance", { after: true });
    await clock.advance(20_000);
    expect(roles).toEqual(["standby: joined", "leader"]);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 21));
  });
});

describe("the log", () => {
  it("follows an edit between two batches of one tick", async () => {
    const { clock, client, lead } = world();
    const names = range(1, 1_200).map((n) => `entry ${n}`);
    const sent = new Set<string>();
    let paused = "";
    const publisher: Publisher = {
      ...recordingPublisher(),
      async publish(batch) {
        for (const { entry } of batch) sent.add(entry);
        if (paused === "") await client.pause((paused = names.find((name) => !sent.has(name))!));
        return batch.map(() => undefined);
      },
    };
    // Due half a second after the node last looked at the stored schedule.
    const rule = interval("1m", { anchor: START + 500 });
    await lead({ publisher, schedule: Object.fromEntries(names.map((name) => [name, { task: "t", schedule: rule }])) });
    await clock.advance(10_000);
    expect(sent.size).toBe(names.length - 1);
    expect(sent.has(paused)).toBe(false);
  });

  it("tells a logger that has debug of each batch that was sent", async () => {
    const { clock, lead } = world();
    const batches: object[] = [];
    const logger = { ...silentLogger, debug: (fields: object) => void batches.push(fields) };
    await lead({ logger, schedule: { ping: everySecond, pong: everySecond } });
    await clock.advance(2_000);
    expect(batches).toEqual([
      { attempts: 2, moved: 2 },
      { attempts: 2, moved: 2 },
    ]);
  });

  it("says once that the store is away, and once that it is back", async () => {
    const { clock, store, connect, run } = world();
    const lines: string[] = [];
    for (const each of [store, connect()]) await run({ store: each, logger: notingLogger(lines), schedule });
    await clock.advance(3_000);
    lines.splice(0);
    store.pause();
    await clock.advance(40_000);
    expect(lines.filter((line) => line.startsWith("store: "))).toHaveLength(2);
    lines.splice(0);
    store.resume();
    await clock.advance(5_000);
    expect(lines.filter((line) => line.includes("works again"))).toHaveLength(2);
  });
});

describe("a listener that throws", () => {
  it("is logged and stops nothing", async () => {
    const { clock, outbox, create } = world();
    const lines: string[] = [];
    const logger = { ...silentLogger, error: (_fields: object, message: string) => void lines.push(message) };
    const beat = create({ logger, schedule });
    for (const event of ["leader", "published", "error"] as const) {
      beat.on(event, () => {
        throw new Error(`from ${event}`);
      });
    }
    await beat.start();
    await clock.advance(3_500);
    expect(secondsOf(outbox.messages())).toEqual([1, 2, 3]);
    expect(lines.some((line) => line.includes("from published"))).toBe(true);
  });
});

describe("a node whose take-over fails after a write", () => {
  it("waits before it tries again, although the write gives a hint", async () => {
    const { clock, store, connect, run } = world();
    const other = connect();
    let writes = 0;
    const setSchedule: typeof store.setSchedule = async (changes) => {
      // Not for ever: an endless loop of promises could not fail this test.
      if (++writes > 100) return store.setSchedule(changes);
      await other.setSchedule([{ name: `other-${writes}`, definition: "{}", expectedRevision: null }]);
      throw new Error("the reply was lost");
    };
    await run({ store: { ...store, setSchedule }, schedule });
    await clock.advance(2_000);
    expect(writes).toBeGreaterThan(4);
    expect(writes).toBeLessThan(12);
  });
});
