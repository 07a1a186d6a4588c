import { type DummyStore, dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import type { LockHeld } from "../contract/store.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { FakeClock } from "../testing/fake-clock.js";
import { Leadership } from "./leadership.js";
import type { Term } from "./term.js";

const settings = {
  label: "test",
  lockTtlMs: 15_000,
  renewEveryMs: 5_000,
  marginMs: 1_500,
  standbyPollMs: 3_000,
  stallLimitMs: 30_000,
};
let names = 0;

interface World {
  readonly clock: FakeClock;
  readonly store: DummyStore;
  readonly leadership: Leadership;
  readonly log: string[];
  readonly mayCompete: { now: boolean };
  /** Ticks whenever a tick is due, for this time. */
  run(ms: number, progress?: boolean): Promise<void>;
}

function world(clock = new FakeClock(), name = `leadership-${names++}`): World {
  const store = dummyStore({ name, clock });
  const log: string[] = [];
  const mayCompete = { now: true };
  const hooks = {
    onLeader: ({ lease }: Term) => void log.push(`leader ${lease.fence - Date.parse("2030-01-01T00:00:00Z")}`),
    onStandby: (reason: string) => void log.push(reason),
    onWaiting: ({ leader }: LockHeld) => void log.push(`waits for ${leader?.label ?? "nobody"}`),
    onError: () => void log.push("error"),
    mayCompete: () => mayCompete.now,
  };
  const leadership = new Leadership(new StoreWithDeadlines(store, clock, 2_000), clock, settings, hooks, () => 0.5);
  const run = async (ms: number, progress = true): Promise<void> => {
    const end = clock.monotonicMs() + ms;
    while (clock.monotonicMs() < end) {
      const ticking = leadership.ensureLease();
      await clock.advance(0);
      if (progress) leadership.term?.noteProgress();
      await clock.advance(Math.max(1, Math.min(leadership.msUntilRequest, end - clock.monotonicMs(), 100)));
      void ticking;
    }
  };
  return { clock, store, leadership, log, mayCompete, run };
}

describe("the lease", () => {
  it("is not asked for while the node may not compete, and soon after it may", async () => {
    const { run, log, store, mayCompete } = world();
    mayCompete.now = false;
    await run(60_000);
    expect(log).toEqual([]);
    expect(await store.readLock()).toBeNull();
    mayCompete.now = true;
    await run(5_000);
    expect(log).toEqual([expect.stringMatching(/^leader/)]);
  });

  it("is renewed at a third of its life, and trusted until a margin before its end", async () => {
    const { leadership, run, log, store, clock } = world();
    await run(12_000);
    expect(log).toEqual(["leader 0"]);
    store.pause();
    await run(9_000);
    expect(leadership.term).not.toBeNull();
    await clock.advance(2_600);
    expect(leadership.term?.isTrusted()).toBe(false);
    await run(200);
    expect(log.at(-1)).toBe("no renewal in time");
  });

  it("is not trusted for longer than what is left of it", async () => {
    const { leadership, run } = world();
    await run(10);
    expect(leadership.term?.isTrusted(13_000)).toBe(true);
    expect(leadership.term?.isTrusted(13_500)).toBe(false);
  });

  it("is asked for again with the same token after a lost answer, and is then the same lease", async () => {
    const { store, run, log } = world();
    store.failNext("acquireLock", { after: true });
    await run(2_000);
    expect(log).toEqual(["error", "leader 0"]);
  });

  it("is lost at once when the store refuses, and competed for with a new token", async () => {
    const { store, run, log } = world();
    await run(100);
    store.expireLock();
    await run(8_000);
    expect(log[0]).toBe("leader 0");
    expect(log[1]).toBe("refused by the store");
    expect(log[2]).toMatch(/^leader [1-9]/);
  });

  it.each([1e14, 1e300, -1, 1.5, NaN])("is not taken with a fence of %d, which no cursor could hold", async (fence) => {
    const { leadership, run, log, store } = world();
    store.acquireLock = () => Promise.resolve({ token: "t", fence });
    await run(3_000);
    expect(leadership.term).toBeNull();
    expect(new Set(log)).toEqual(new Set(["error"]));
  });

  it("is given up by a node that makes no progress", async () => {
    const { run, log } = world();
    await run(29_000, false);
    expect(log).toEqual(["leader 0"]);
    await run(7_000, false);
    expect(log[1]).toBe("no progress");
  });

  it("is not used after the machine was suspended until a renewal has decided", async () => {
    const { clock, leadership, run, log } = world();
    await run(100);
    clock.stepWallClock(3_600_000);
    expect(leadership.term?.isTrusted()).toBe(false);
    expect(leadership.msUntilRequest).toBeLessThanOrEqual(100);
    await run(300);
    expect(leadership.term?.isTrusted()).toBe(true);
    expect(log).toEqual(["leader 0"]);
  });

  it("does not care for a wall clock that is set back", async () => {
    const { clock, leadership, run, log } = world();
    await run(100);
    clock.stepWallClock(-3_600_000);
    await run(20_000);
    expect(leadership.term?.isTrusted()).toBe(true);
    expect(log).toEqual(["leader 0"]);
  });
});

describe("a standby", () => {
  it("takes over within the ttl and a second when the leader is gone", async () => {
    const first = world(undefined, "take-over");
    await first.run(100);
    const second = world(first.clock, "take-over");
    await second.run(14_500);
    expect(second.log.some((line) => line.startsWith("leader"))).toBe(false);
    await second.run(1_500);
    expect(second.log.at(-1)).toMatch(/^leader/);
  });

  it("takes over at once when the leader resigns and it is told", async () => {
    const first = world(undefined, "resign");
    await first.run(100);
    const second = world(first.clock, "resign");
    await second.run(100);
    const resigned = first.leadership.resign();
    await first.clock.advance(1);
    await resigned;
    second.leadership.hurry();
    await second.run(60);
    expect(first.log.at(-1)).toBe("stopped");
    expect(second.log.at(-1)).toMatch(/^leader/);
  });
});
