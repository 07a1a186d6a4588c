import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { randomBetween, seededRandom } from "./random.js";

const draw = (seed: number, stream: string): number[] => {
  const random = seededRandom(seed, stream);
  return Array.from({ length: 1000 }, () => random());
};

describe("seededRandom", () => {
  it("repeats its sequence for the same seed and stream only", () => {
    assert.deepEqual(draw(1, "a"), draw(1, "a"));
    assert.notDeepEqual(draw(1, "a"), draw(2, "a"));
    assert.notDeepEqual(draw(1, "a"), draw(1, "b"));
  });

  it("spreads over the whole range", () => {
    const numbers = draw(7, "spread");
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const tenths = new Set(numbers.map((number) => Math.floor(number * 10)));
    assert.equal(tenths.size, 10);
    assert.ok(Math.abs(numbers.reduce((sum, number) => sum + number) / numbers.length - 0.5) < 0.05);
  });
});

describe("randomBetween", () => {
  it("maps random numbers to the range", () => {
    assert.equal(
      randomBetween(() => 0, 3, 5),
      3,
    );
    assert.equal(
      randomBetween(() => 0.5, 3, 5),
      4,
    );
  });
});
