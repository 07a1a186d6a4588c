import { dummyStore } from "@beatx/store-dummy";
import { afterEach, describe, expect, it } from "vitest";

import { type Beat, createBeat } from "./beat.js";
import type { BeatOptions } from "./options.js";
import { FakeClock, silentLogger } from "./testing.js";

let names = 0;
const beats: Beat[] = [];
const nothing = (): void => undefined;

interface World {
  readonly clock: FakeClock;
  /** Runs as they end: `entry outcome`. */
  readonly ended: string[];
  start(options: Partial<BeatOptions>): Promise<Beat>;
}

function world(): World {
  const clock = new FakeClock();
  const name = `handlers-${names++}`;
  const ended: string[] = [];
  return {
    clock,
    ended,
    async start(options) {
      const beat = createBeat({ store: dummyStore({ name, clock }), clock, logger: silentLogger, ...options });
      beat.on("run", ({ message, outcome }) => ended.push(`${message.entry} ${outcome}`));
      beats.push(beat);
      await beat.start();
      return beat;
    },
  };
}

afterEach(() => {
  for (const beat of beats.splice(0)) void beat.stop();
});

/** A job that takes so long, on the clock, and counts how many of it run at a time. */
function job(clock: FakeClock, ms: number): { run(): Promise<void>; started: number; most: number } {
  let open = 0;
  const state = {
    started: 0,
    most: 0,
    async run() {
      state.started++;
      state.most = Math.max(state.most, ++open);
      await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
      open--;
    },
  };
  return state;
}

describe("functions in process", () => {
  it("run on the leader alone, once per occurrence", async () => {
    const { clock, start, ended } = world();
    const runs: string[] = [];
    const schedule = { ping: { task: "ping", schedule: "1s" } };
    await start({ schedule, handlers: { ping: ({ id }) => runs.push(`a ${id}`) } });
    await start({ schedule, handlers: { ping: ({ id }) => runs.push(`b ${id}`) } });
    await clock.advance(5_500);
    expect(runs).toHaveLength(5);
    expect(new Set(runs.map((run) => run[0])).size).toBe(1);
    expect(ended).toEqual(Array(5).fill("ping finished"));
  });

  it.each([
    ["allow", 5, 3],
    ["queue", 2, 1],
    ["skip", 2, 1],
  ] as const)("overlap %s: %i started, at most %i at a time", async (overlap, started, most) => {
    const { clock, start, ended } = world();
    const slow = job(clock, 2_500);
    await start({
      schedule: { slow: { task: "slow", schedule: "1s", options: { overlap } } },
      handlers: { slow: () => slow.run() },
    });
    await clock.advance(5_400);
    expect(slow).toMatchObject({ started, most });
    if (overlap === "skip") expect(ended.filter((line) => line === "slow skipped")).toHaveLength(3);
  });

  it("that fail are reported and not repeated", async () => {
    const { clock, start, ended } = world();
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw new Error("no luck");
    };
    await start({ schedule: { once: { task: "fail", schedule: "1s", maxRuns: 1 } }, handlers: { fail } });
    await clock.advance(10_000);
    expect(calls).toBe(1);
    expect(ended).toEqual(["once failed"]);
  });

  it("that take too long get their signal aborted", async () => {
    const { clock, start, ended } = world();
    const reasons: unknown[] = [];
    const endless = (_message: unknown, { signal }: { signal: AbortSignal }): Promise<void> =>
      new Promise((resolve) => signal.addEventListener("abort", () => (reasons.push(signal.reason), resolve())));
    const entry = { task: "endless", schedule: "1s", maxRuns: 1, options: { timeoutMs: 700 } };
    await start({ schedule: { endless: entry }, handlers: { endless } });
    await clock.advance(1_600);
    expect(reasons).toEqual([]);
    await clock.advance(200);
    expect(String(reasons[0])).toContain("700 ms");
    expect(ended).toEqual(["endless failed"]);
  });

  it("get their signal aborted when leadership is lost", async () => {
    const { clock, start } = world();
    const name = `handlers-lost-${names++}`;
    const store = dummyStore({ name, clock });
    let aborted = false;
    const endless = (_message: unknown, { signal }: { signal: AbortSignal }): void =>
      signal.addEventListener("abort", () => (aborted = true));
    await start({ store, schedule: { endless: { task: "endless", schedule: "1s" } }, handlers: { endless } });
    await clock.advance(1_500);
    expect(aborted).toBe(false);
    store.expireLock();
    await clock.advance(6_000);
    expect(aborted).toBe(true);
  });

  it("are waited for by a stopping node, which keeps the lease meanwhile", async () => {
    const { clock, start, ended } = world();
    const slow = job(clock, 8_000);
    const schedule = { slow: { task: "slow", schedule: "1s", maxRuns: 1 } };
    const beat = await start({ schedule, handlers: { slow: () => slow.run() }, lockTtlMs: 3_000 });
    const other = await start({ schedule: {}, handlers: { slow: () => undefined }, lockTtlMs: 3_000 });
    await clock.advance(1_500);
    let leaders = 0;
    other.on("leader", () => leaders++);
    const stopped = beat.stop();
    await clock.advance(7_000);
    expect(leaders).toBe(0);
    await clock.advance(2_000);
    await stopped;
    expect(ended).toEqual(["slow finished"]);
    expect(leaders).toBe(1);
  });

  it.each([
    [{}, "publisher", /neither/],
    [{ publisher: () => Promise.resolve(), handlers: { a: nothing } }, "publisher", /both/],
    [{ handlers: {} }, "handlers", /empty/],
    [{ handlers: { a: 7 } }, "handlers.a", /not a function/],
    [{ handlers: { a: nothing }, schedule: { x: { task: "b", schedule: "1s" } } }, "schedule.x.task", /"b".*it has a/],
  ])("are checked before anything starts: %j", (options, field, message) => {
    const make = (): Beat => createBeat({ store: "dummy:", ...(options as Partial<BeatOptions>) });
    expect(make).toThrow(expect.objectContaining({ code: "CONFIG", field }) as Error);
    expect(make).toThrow(message);
  });
});
