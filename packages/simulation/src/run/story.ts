import type { World } from "../world/world.js";
import { countFaults, minimise } from "./minimise.js";
import { type Plan, runPlan } from "./simulate.js";

/** Tells how a plan breaks a promise, with as few steps as possible. `null`: it breaks none. */
export async function storyOf(plan: Plan): Promise<string | null> {
  const shortest = await minimise(plan);
  const { violation, story } = await runPlan(shortest, { tells: true });
  if (!violation) return null;
  const steps = `${shortest.steps.length} of ${plan.steps.length} steps are needed, ${countFaults(shortest)} of them faults`;
  return [`seed ${plan.seed}: ${violation.message}`, describeWorld(plan.world), steps, ...story].join("\n");
}

/** The cluster of a run in words. */
export function describeWorld(world: World): string {
  const { nodes, store, queue, delivery, lockTtlMs, standbyPollMs, skewsMs } = world;
  const clocks = store === "local" ? "one clock" : `clocks ${skewsMs.map((skew) => `${skew} ms`).join(", ")} off`;
  return `${nodes} nodes, store: ${store}, queue: ${queue}, ${delivery}, ttl ${lockTtlMs} ms, poll ${standbyPollMs} ms, ${clocks}`;
}
