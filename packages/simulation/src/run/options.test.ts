import { describe, expect, it } from "vitest";

import { readOptions } from "./options.js";

describe("the options of the simulation", () => {
  it("default to 500 seeds on all processors", () => {
    const expected = { from: 0, seeds: 500, minutes: null, seed: null, workers: 2, record: false };
    expect(readOptions([], 2)).toEqual(expected);
    expect(readOptions(["--minutes", "0.5"], 2)).toEqual({ ...expected, seeds: null, minutes: 0.5 });
    expect(readOptions(["--seed", "7", "--from", "3", "--record"], 2)).toEqual({
      ...expected,
      seed: 7,
      from: 3,
      record: true,
    });
  });

  it.each([
    [["--seeds", "x"], '--seeds is "x": expected a whole number, at least 0'],
    [["--seeds", "1.5"], '--seeds is "1.5": expected a whole number, at least 0'],
    [["--workers", "0"], '--workers is "0": expected a whole number, at least 1'],
    [["--minutes", ""], '--minutes is "": expected a number, at least 0'],
    [["--help"], "Unknown option '--help'"],
  ])("say what is wrong with %j, and the usage", (args, message) => {
    expect(() => readOptions(args, 2)).toThrow(message);
    expect(() => readOptions(args, 2)).toThrow("npm run simulate -- --seed N");
  });
});
