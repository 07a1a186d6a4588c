import { describe, expect, it } from "vitest";

import { occurrenceId, stableOffset } from "./ids.js";

describe("occurrence ids", () => {
  it("are the UUIDv5 that any other implementation computes", () => {
    // Python: uuid.uuid5(uuid.UUID("7d1f3f0c-5a0e-4f0c-9f6b-2a64d3c0be47"), "shop\x001767225600000\x00daily-report")
    expect(occurrenceId("shop", "daily-report", 1767225600000)).toBe("828a1b74-4932-55b9-9138-9a4480dd3b81");
  });

  it("differ by namespace, entry and instant", () => {
    const ids = [
      occurrenceId("a", "b", 1),
      occurrenceId("a", "b", 2),
      occurrenceId("a", "c", 1),
      occurrenceId("b", "b", 1),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

describe("stable jitter", () => {
  it("is always the same for a name, below its range, and spread over it", () => {
    const offsets = Array.from({ length: 1_000 }, (_, index) => stableOffset(`entry-${index}`, 60_000));
    expect(stableOffset("entry-7", 60_000)).toBe(offsets[7]);
    expect(Math.max(...offsets)).toBeLessThan(60_000);
    expect(offsets.filter((offset) => offset < 30_000).length).toBeGreaterThan(400);
    expect(stableOffset("x", 0)).toBe(0);
  });
});
