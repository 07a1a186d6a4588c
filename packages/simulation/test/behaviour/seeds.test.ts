/** The short form of `npm run simulate`. */
import { describe, expect, it } from "vitest";

import { planOf, runPlan } from "../../src/run/simulate.js";
import { storyOf } from "../../src/run/story.js";
import { addOutcome, countAll, noTotals } from "../../src/run/totals.js";
import { KEPT_SEEDS } from "../kept-seeds.js";

const SEEDS = 40;
const GROUPS = Array.from({ length: 8 }, (_, group) => group);

async function judge(seed: number): Promise<void> {
  const plan = planOf(seed);
  const { violation } = await runPlan(plan);
  if (violation) throw new Error((await storyOf(plan)) ?? violation.message);
}

describe("a simulated cluster", () => {
  it.each(GROUPS)("keeps every promise under the faults of its seeds (group %i of 8)", async (group) => {
    const totals = noTotals();
    for (let seed = group; seed < SEEDS; seed += GROUPS.length) {
      await judge(seed);
      const plan = planOf(seed);
      addOutcome(totals, plan, await runPlan(plan));
    }
    expect(totals.violations).toEqual([]);
    expect(countAll(totals.faults)).toBeGreaterThan(100);
    expect(totals.quietChecks).toBeGreaterThan(totals.runs);
    expect(totals.messages).toBeGreaterThan(1_000);
    expect(totals.acknowledgedEdits).toBeGreaterThan(10);
  });

  it.each(KEPT_SEEDS)("keeps every promise with seed $seed, which showed that $found", ({ seed }) => judge(seed));

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
