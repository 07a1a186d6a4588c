import { describe, expect, it } from "vitest";
import { CommandTimes } from "./timed-store.js";

describe("the times of commands", () => {
  it("answer the longest one that ended since a moment", () => {
    const times = new CommandTimes();
    times.note(1_000, 1_900);
    times.note(2_000, 2_010);
    times.note(2_100, 2_107);
    expect(times.longestSince(1_900)).toBe(900);
    expect(times.longestSince(2_000)).toBe(10);
    expect(times.longestSince(3_000)).toBe(0);
  });
});
