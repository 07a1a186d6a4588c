import { describe, expect, it } from "vitest";

import { countTurns } from "../../test/event-loop.js";
import { FakeClock } from "../testing/fake-clock.js";
import { Slices } from "./slices.js";

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
});
