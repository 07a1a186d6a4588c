import { describe, expect, it } from "vitest";

import { BusyClock, countTurns } from "../../test/event-loop.js";
import { START } from "../../test/world.js";
import { FakeClock } from "../testing/fake-clock.js";
import { atOnce, inSlices, Slices } from "./slices.js";

describe("long work in slices", () => {
  it("lets the event loop turn when a slice has lasted its time, and then begins the next", async () => {
    const clock = new FakeClock();
    const slices = new Slices(clock);
    expect(slices.isOver).toBe(false);
    await clock.advance(5);
    expect(slices.isOver).toBe(true);
    const turns = countTurns();
    await slices.next();
    expect(turns()).toBeGreaterThan(0);
    expect(slices.isOver).toBe(false);
  });

  it("runs the steps of a generator to their end, with pauses or without", async () => {
    function* count(): Generator<void, number> {
      let steps = 0;
      for (; steps < 100; steps++) yield;
      return steps;
    }
    const turns = countTurns();
    expect(atOnce(count())).toBe(100);
    expect(turns()).toBe(0);
    expect(await inSlices(new BusyClock(START, 1), count())).toBe(100);
    expect(turns()).toBeGreaterThanOrEqual(10);
  });
});
