import { isFault, type Step } from "../faults/step.js";
import { type Plan, runPlan } from "./simulate.js";

/**
 * The shortest plan that still breaks the same promise, as far as leaving steps out leads to it. Halves are tried first, then
 * smaller and smaller parts. A plan that breaks none is returned as it is.
 */
export async function minimise(plan: Plan): Promise<Plan> {
  const { violation } = await runPlan(plan);
  if (!violation) return plan;
  const breaksIt = async (steps: readonly Step[]): Promise<boolean> => {
    const outcome = await runPlan({ ...plan, steps });
    return outcome.violation?.invariant === violation.invariant;
  };
  const reached = plan.steps.filter(({ at }) => at <= violation.at);
  let steps = (await breaksIt(reached)) ? reached : plan.steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    steps = await withoutParts(steps, size, breaksIt);
  }
  return { ...plan, steps };
}

/** Leaves out each part of this size that is not needed. The last check stays: it ends the run. */
async function withoutParts(
  steps: readonly Step[],
  size: number,
  breaksIt: (steps: readonly Step[]) => Promise<boolean>,
): Promise<readonly Step[]> {
  let kept = steps;
  for (let start = 0; start < kept.length;) {
    const shorter = [...kept.slice(0, start), ...kept.slice(start + size)];
    if (shorter.length > 0 && (await breaksIt(shorter))) kept = shorter;
    else start += size;
  }
  return kept;
}

/** Number of faults in a plan. */
export function countFaults({ steps }: Plan): number {
  return steps.filter(isFault).length;
}
