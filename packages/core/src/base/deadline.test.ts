import { describe, expect, it } from "vitest";

import { systemClock } from "./clock.js";
import { withDeadline } from "./deadline.js";
import { StoreError } from "./errors.js";

describe("withDeadline", () => {
  it("rejects in time and ignores the work's late failure", async () => {
    const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error("late")), 30));
    await expect(withDeadline(systemClock, late, 1, () => new StoreError("too slow"))).rejects.toThrow("too slow");
    await expect(withDeadline(systemClock, Promise.resolve(7), 1_000, () => new Error("no"))).resolves.toBe(7);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
});
