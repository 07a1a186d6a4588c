import { describe, expect, it } from "vitest";
import { LongestBlock } from "./longest-block.js";

describe("the longest block of the event loop", () => {
  it("is at least as long as work that did not let it turn", async () => {
    const block = new LongestBlock();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const end = performance.now() + 60;
    while (performance.now() < end);
    expect(block.stop()).toBeGreaterThan(50);
  });
});
