import { describe, expect, it } from "vitest";

import { readOptions } from "./options.js";

describe("the options of the simulation", () => {
  it("default to 500 seeds on all processors", () => {
    const expected = { from: 0, seeds: 500, minutes: null, seed: null, workers: 2, record: false };
    expect(readOptions([], 2)).toEqual(expected);
    expect(readOptions(["--minutes", "0.5"], 2)).toEqual({ ...expected, seeds: null, minutes: 0.5 });
    expect(readOptions(["--seeds", "7", "--from", "3", "--record"], 2)).toEqual({
      ...expected,
      seeds: 7,
      from: 3,
      record: true,
    });
    expect(readOptions(["--seed", "7"], 2)).toEqual({ ...expected, seed: 7 });
  });

  it.each([
    [["--seeds", "x"], '--seeds is "x": expected a whole number, at least 1'],
    [["--workers", "0"], '--workers is "0": expected a whole number, at least 1'],
    [["--minutes", ""], '--minutes is "": expected a number, at least 0'],
    [["--sede", "7"], 'there is no option "--sede"'],
    [["--seed", "7", "--record"], "--seed 7 runs one seed and tells it: leave --record out"],
    [["--seed", "7", "--from", "0"], "--seed 7 runs one seed and tells it: leave --from out"],
    [["--seeds", "7", "--minutes", "1"], "--seeds 7 and --minutes 1 both say how many seeds run: leave one out"],
  ])("say what is wrong with %j, and the usage", (args, message) => {
    expect(() => readOptions(args, 2)).toThrow(`${message}\nusage: npm run simulate -- `);
  });
});
