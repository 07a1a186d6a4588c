import { afterEach, describe, expect, it } from "vitest";
import { machineNow } from "./machine-time.js";
import { StallMeter } from "./stall-meter.js";

describe("the stall meter", () => {
  let meter: StallMeter;
  afterEach(() => meter.stop());

  it("counts by how much its timer was late, and not what is ordinary", () => {
    meter = new StallMeter();
    const now = machineNow() + 1_000_000;
    meter.note(now);
    meter.note(now + 12);
    meter.note(now + 12 + 110);
    meter.note(now + 12 + 110 + 60);
    expect(meter.since(now + 1)).toBe(150);
    expect(meter.since(now + 130)).toBe(50);
  });
});
