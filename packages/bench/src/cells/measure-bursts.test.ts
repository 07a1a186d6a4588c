import { describe, expect, it } from "vitest";
import { DEFAULTS } from "./cell.js";
import { measureBursts } from "./measure-bursts.js";

const options = { ...DEFAULTS, count: 10, bursts: 3 };

/** A queue that takes the messages of a burst, except for those of `lost`; `spoilt`: which of its bursts are, from 0. */
function queue(lost: readonly number[], spoilt: readonly number[] = []) {
  let [length, bursts] = [0, -1];
  return {
    prepare: async () => void (length = 0),
    send: async () => {
      bursts += 1;
      length = 10 - (lost[bursts] ?? 0);
    },
    arrived: async () => length,
    isSpoilt: () => spoilt.includes(bursts),
  };
}

describe("measured bursts", () => {
  it("have figures of each message, and say how many were missing at most", async () => {
    const { values } = await measureBursts(options, queue([0, 2, 1]));
    expect(values.missing).toBe(2);
    expect(values.wallMs).toBeGreaterThanOrEqual(0);
    expect(Object.keys(values)).toEqual(["wallMs", "cpuUs", "serverCpuUs", "firstWallMs", "firstCpuUs", "missing"]);
  });

  it("are repeated if the next burst had begun meanwhile", async () => {
    const { values } = await measureBursts(options, queue([0, 7, 0, 0], [1]));
    expect(values.missing).toBe(0);
  });

  it("are given up if that happens each time, with the way out", async () => {
    const always = Array.from({ length: 10 }, (_, index) => index);
    await expect(measureBursts(options, queue([], always))).rejects.toThrow('lengthen "everyMs"');
  });
});
