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
    [["--only", "redis"], 'there is no pair "redis"'],
    [["--seed", "x"], "--seed: x is not a number"],
    [["--what"], "--what"],
  ])("%j are refused with the reason and the usage", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
    expect(() => readOptions(args)).toThrow("usage: npm run chaos");
  });
});
