import { Random } from "../base/random.js";
import { sealed } from "../base/sealed.js";
import { Cluster } from "../cluster/cluster.js";
import { type DrawOptions, drawSteps } from "../faults/draw-steps.js";
import type { Step } from "../faults/step.js";
import { Violation } from "../judge/judge-base.js";
import { drawWorld, type World } from "../world/world.js";

/** Everything that a run depends on. */
export interface Plan {
  readonly seed: number;
  readonly world: World;
  readonly steps: readonly Step[];
}

export interface Outcome {
  /** The promise that was broken; `null`: none. */
  readonly violation: Violation | null;
  /** Simulated ms. */
  readonly simulatedMs: number;
  /** Faults that were at work, by kind. */
  readonly faults: ReadonlyMap<string, number>;
  readonly messages: number;
  readonly copies: number;
  readonly grants: number;
  readonly checks: number;
  /** Take-overs after a single failure, which were measured against their bound (I4). */
  readonly takeOvers: number;
  readonly edits: number;
  /** Moments of the virtual time at which something happened. */
  readonly happenings: number;
  /** Filled only if it was asked for. */
  readonly story: readonly string[];
}

export const DEFAULT_DRAW: DrawOptions = { lengthMs: 600_000, everyMs: [250, 500, 1_000] };

/** The plan of a seed. Fields of `given` are not drawn. */
export function planOf(seed: number, draw: DrawOptions = DEFAULT_DRAW, given: Partial<World> = {}): Plan {
  const world = drawWorld(seed, given);
  return { seed, world, steps: drawSteps(world, seed, draw) };
}

/** Runs a plan to its end, or to the first broken promise. Rejects only if the simulation itself fails. */
export function runPlan(plan: Plan, { tells = false }: { readonly tells?: boolean } = {}): Promise<Outcome> {
  return sealed(new Random(~plan.seed), () => run(plan, tells));
}

async function run(plan: Plan, tells: boolean): Promise<Outcome> {
  const cluster = new Cluster(plan.world, plan.seed, plan.steps);
  const { circumstances, timeline, judge, quiet } = cluster;
  if (tells) circumstances.story = [];
  cluster.start();
  const endMs = (plan.steps.at(-1)?.at ?? 0) + 1_000;
  let violation: Violation | null = null;
  try {
    await timeline.runUntil(endMs);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
  }
  return {
    violation,
    simulatedMs: timeline.nowMs,
    faults: cluster.faults,
    messages: judge.queue.messages,
    copies: judge.queue.copies,
    grants: judge.leases.grants,
    checks: quiet.checks,
    takeOvers: judge.takeOvers.judged,
    edits: judge.edits.acknowledged,
    happenings: timeline.count,
    story: circumstances.story ?? [],
  };
}
