import * as bullmq from "bullmq";
import { describe, expect, it, vi } from "vitest";
import { describeBullmq } from "./describe-bullmq.js";

// The publisher and the suite import "bullmq", as in an application.
vi.mock("bullmq", () => import("bullmq5"));

describe("with BullMQ 5", () => {
  it("is BullMQ 5", async () => {
    const { version } = await import("bullmq5/package.json", { with: { type: "json" } }).then(
      (module) => module.default,
    );
    expect(version).toMatch(/^5\./);
    expect(bullmq.Queue).toBe((await import("bullmq5")).Queue);
  });

  describeBullmq(bullmq);
});
