/** A world that breaks a promise is found out, and told with few steps. */
import { afterEach, describe, expect, it, vi } from "vitest";

import { countFaults, minimise } from "../../src/run/minimise.js";
import { planOf, runPlan } from "../../src/run/simulate.js";
import { storyOf } from "../../src/run/story.js";
import { LockData } from "../../src/stores/lock-data.js";

const PLAN = planOf(5, { lengthMs: 120_000, everyMs: [1_000] }, { store: "one step", queue: "plain", nodes: 3 });

/** The store no longer waits for the end of a lease that it has lost. */
function plantAnEagerLock(): void {
  vi.spyOn(LockData.prototype, "restart").mockImplementation(() => undefined);
  vi.spyOn(LockData.prototype, "isCurrent").mockReturnValue(true);
  const acquire = LockData.prototype.acquire;
  const refusals = new WeakMap<LockData, number>();
  vi.spyOn(LockData.prototype, "acquire").mockImplementation(function (this: LockData, request) {
    const answer = acquire.call(this, request);
    if ("fence" in answer) return answer;
    const count = (refusals.get(this) ?? 0) + 1;
    refusals.set(this, count);
    return count % 10 > 0 ? answer : { token: request.token, fence: count };
  });
}

afterEach(() => void vi.restoreAllMocks());

describe("the judge of a simulated cluster", () => {
  it("accepts the same plan in a world that keeps its promises", async () => {
    expect((await runPlan(PLAN)).violation).toBeNull();
    expect(await storyOf(PLAN)).toBeNull();
    expect(await minimise(PLAN)).toBe(PLAN);
  });

  it("finds a store that grants two leases at once, and tells it without the steps that are not needed", async () => {
    plantAnEagerLock();
    const { violation } = await runPlan(PLAN);
    expect(violation?.invariant).toBe("R2");
    const shortest = await minimise(PLAN);
    expect(countFaults(shortest)).toBeLessThan(countFaults(PLAN) / 4);
    const story = await storyOf(PLAN);
    expect(story).toMatch(/^seed 5: R2: node \d got the fence \d+, which is not above \d+/);
    expect(story).toContain("store: one step, queue: plain");
    expect(story).toMatch(/ of \d+ steps are needed/);
    expect(story).toMatch(/node \d leads\n.*VIOLATION/);
  });
});
