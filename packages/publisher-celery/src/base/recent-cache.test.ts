import { describe, expect, it } from "vitest";
import { createRecentCache } from "./recent-cache.js";

describe("createRecentCache", () => {
  it("keeps recently used values, within its capacity", () => {
    const cache = createRecentCache<number, string>(20);
    for (let key = 0; key < 1_000; key += 1) {
      cache.set(key, `value ${key}`);
      expect(cache.get(0)).toBe("value 0");
    }
    const kept = Array.from({ length: 1_000 }, (_, key) => key).filter((key) => cache.get(key) !== undefined);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(kept).toEqual(expect.arrayContaining([0, 998, 999]));
  });

  it("replaces a value", () => {
    const cache = createRecentCache<string, number>(2);
    cache.set("a", 1);
    cache.set("a", 2);
    expect(cache.get("a")).toBe(2);
    expect(cache.get("b")).toBeUndefined();
  });
});
