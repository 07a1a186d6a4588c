import { describe, expect, it } from "vitest";
import { batches } from "./batches.js";

describe("batches", () => {
  const cut = (sizes: readonly number[]): number[][] =>
    [...batches(sizes, 3, 10, (size) => size)].map((one) => [...one]);

  it("hold at most the number of items", () => {
    expect(cut([1, 1, 1, 1])).toEqual([[1, 1, 1], [1]]);
  });

  it("hold at most the size, and an item above it alone", () => {
    expect(cut([6, 4, 1, 25, 1])).toEqual([[6, 4], [1], [25], [1]]);
  });

  it("are none for an empty list", () => {
    expect(cut([])).toEqual([]);
  });
});
