import { describe, expect, it } from "vitest";
import { redisKeys, sharesSlot } from "./keys.js";

describe("the keys of a namespace", () => {
  it("all carry one hash tag", () => {
    for (const key of Object.values(redisKeys("shop"))) expect(sharesSlot(key, "shop")).toBe(true);
  });

  it.each([
    ["{shop}:queue", true],
    ["queue:{shop}", true],
    ["{shop}{other}", true],
    ["{other}{shop}", false],
    ["{}{shop}", false],
    ["shop", false],
    ["{shop", false],
  ])("%s shares their slot: %s", (key, expected) => {
    expect(sharesSlot(key, "shop")).toBe(expected);
  });
});
