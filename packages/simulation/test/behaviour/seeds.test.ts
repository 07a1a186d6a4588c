/** The short form of `npm run simulate`. */
import { describe, expect, it } from "vitest";

import { type Outcome, type Plan, planOf, runPlan } from "../../src/run/simulate.js";
import { addOutcome, countAll, noTotals } from "../../src/run/totals.js";
import { KEPT_SEEDS } from "../kept-seeds.js";

const SEEDS = 40;
const GROUPS = Array.from({ length: 8 }, (_, group) => group);

/** A violation names the command that tells it. */
async function judge(seed: number): Promise<[Plan, Outcome]> {
  const plan = planOf(seed);
  const outcome = await runPlan(plan);
  expect(outcome.violation?.message, `npm run simulate -- --seed ${seed} tells it`).toBeUndefined();
  return [plan, outcome];
}

describe("a simulated cluster", () => {
  it.each(GROUPS)("keeps every promise under the faults of its seeds (group %i of 8)", async (group) => {
    const totals = noTotals();
    for (let seed = group; seed < SEEDS; seed += GROUPS.length) {
      addOutcome(totals, ...(await judge(seed)));
    }
    expect(countAll(totals.faults)).toBeGreaterThan(100);
    expect(totals.quietChecks).toBeGreaterThan(totals.runs);
    expect(totals.messages).toBeGreaterThan(1_000);
    expect(totals.acknowledgedEdits).toBeGreaterThan(10);
  });

  it.each(KEPT_SEEDS)("keeps every promise with seed $seed", async ({ seed }) => {
    const [, { checks }] = await judge(seed);
    expect(checks).toBeGreaterThan(0);
  });

  it("is led again within the bound when one leader fails and nothing else", async () => {
    let takeOvers = 0;
    for (let seed = 0; seed < 40; seed++) {
      const outcome = await runPlan(planOf(seed, { lengthMs: 600_000, everyMs: [40_000] }));
      expect(outcome.violation?.message).toBeUndefined();
      takeOvers += outcome.takeOvers;
    }
    expect(takeOvers).toBeGreaterThan(5);
  });

  it("does the same again with the same seed", async () => {
    const [one, other] = [await runPlan(planOf(7), { tells: true }), await runPlan(planOf(7), { tells: true })];
    expect(one.story.length).toBeGreaterThan(500);
    expect(other.story).toEqual(one.story);
    expect(other.happenings).toBe(one.happenings);
  });

  it("sends nothing twice and misses nothing if nothing fails", async () => {
    const plan = planOf(12);
    const steps = plan.steps.filter(({ kind }) => kind === "check");
    const { violation, faults, messages, copies, grants } = await runPlan({ ...plan, steps });
    expect({ violation, faults: faults.size, copies, grants }).toEqual({
      violation: null,
      faults: 0,
      copies: 0,
      grants: 1,
    });
    expect(messages).toBeGreaterThan(100);
  });
});
