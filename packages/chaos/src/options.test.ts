import { describe, expect, it } from "vitest";
import { readOptions } from "./options.js";
import { PAIRS } from "./servers/pairs.js";

describe("the options of chaos", () => {
  it("are all pairs for ten minutes by default, with a drawn seed", () => {
    expect(readOptions([])).toMatchObject({ pairs: PAIRS, minutes: 10, parallel: 2, quiet: false, record: false });
    expect(readOptions([]).seed).toBeGreaterThanOrEqual(0);
  });

  it("name pairs, seed and time", () => {
    const args = ["--only", "redis/bullmq,lmdb/bullmq", "--seed", "7", "--minutes", "0.5"];
    const { pairs, seed, minutes } = readOptions(args);
    expect([pairs.map(({ name }) => name), seed, minutes]).toEqual([["redis/bullmq", "lmdb/bullmq"], 7, 0.5]);
  });

  it.each([
    [["--only", "redis"], '--only is "redis": expected names of redis/'],
    [["--seed", "x"], '--seed is "x": expected a whole number, at least 0'],
    [["--parallel", "0"], '--parallel is "0": expected a whole number, at least 1'],
    [["--quiet", "--record"], "--quiet has no faults to record: leave --record out"],
    [["--what"], 'there is no option "--what"'],
  ])("%j are refused with the reason and the usage", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
    expect(() => readOptions(args)).toThrow("\nusage: npm run chaos -- ");
  });
});
