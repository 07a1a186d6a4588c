import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { everySecond, range, secondsOf, START, world } from "../../test/world.js";
import { recordingPublisher } from "../testing/recording-publisher.js";
import { ClusterTime } from "./cluster-time.js";
import { StoreWithDeadlines } from "./store-with-deadlines.js";

/** The store without its clock, so the node's wall clock decides what is due. */
function clockless(store: DummyStore): DummyStore {
  return { ...store, getTime: undefined } as unknown as DummyStore;
}

describe("a clock", () => {
  it("that steps back makes nothing go out twice", async () => {
    const { clock, store, outbox, run } = world();
    await run({ store: clockless(store), schedule: { ping: everySecond } });
    await clock.advance(10_500);
    clock.stepWallClock(-5_000);
    await clock.advance(10_000);
    expect(secondsOf(outbox.messages())).toEqual(range(1, 15));
  });

  it("that steps forward counts as an outage, to which the entry's policy applies", async () => {
    const { clock, store, outbox, run } = world();
    const schedule = { all: everySecond, latest: { ...everySecond, missed: "latest" as const } };
    const beat = await run({ store: clockless(store), schedule });
    const missed: unknown[] = [];
    beat.on("missed", (event) => missed.push(event));
    await clock.advance(2_500);
    clock.stepWallClock(10_000);
    await clock.advance(6_000);
    expect(secondsOf(outbox.messages(), "all")).toEqual(range(1, 18));
    expect(missed).toMatchObject([{ entry: "latest", count: expect.any(Number) as number }]);
    expect(secondsOf(outbox.messages(), "latest").length + (missed[0] as { count: number }).count).toBe(18);
  });

  it("that stood still while the machine slept is corrected within one renewal, and the due occurrence goes out", async () => {
    const { clock, run } = world();
    const publisher = recordingPublisher();
    await run({ publisher, schedule: { ping: { task: "t", schedule: "1m" } } });
    await clock.advance(10_300);
    clock.stepWallClock(46_000);
    const awokeAt = clock.monotonicMs();
    while (publisher.messages.length === 0 && clock.monotonicMs() < awokeAt + 30_000) await clock.advance(100);
    expect(secondsOf(publisher.messages)).toEqual([60]);
    // The machine woke 3.7 s before the instant; renewals come every 5 s.
    expect(clock.now() - START).toBeLessThan(65_000);
  });

  it("of the store decides, so a node whose own clock is wrong sends at the right moment", async () => {
    const { clock, outbox, run } = world();
    const wrong = {
      now: () => clock.now() + 3_600_000,
      monotonicMs: () => clock.monotonicMs(),
      setTimer: clock.setTimer.bind(clock),
    };
    await run({ clock: wrong, schedule: { ping: everySecond } });
    await clock.advance(3_500);
    expect(secondsOf(outbox.messages())).toEqual([1, 2, 3]);
  });

  it.each([1e14, -1e300, NaN, Infinity])(
    "of the store that shows %d is refused, and the last good answer counts",
    async (time) => {
      const { clock, store } = world();
      let answer = START;
      const damaged: DummyStore = { ...store, getTime: () => Promise.resolve(answer) };
      const clusterTime = new ClusterTime(new StoreWithDeadlines(damaged, clock, 2_000), clock, 1_000);
      await clusterTime.sync();
      answer = time;
      await clock.advance(5_000);
      await expect(clusterTime.sync()).rejects.toMatchObject({ code: "STORE" });
      expect(clusterTime.now()).toBe(START + 5_000);
    },
  );
});
