import { DEFAULT_DRAW, planOf, runPlan } from "../run/simulate.js";
import type { DrawOptions } from "../faults/draw-steps.js";
import type { World } from "../world/world.js";

/** Where to look for a violation. */
export interface Search {
  /** The seeds 1 to this number are run. */
  readonly seeds: number;
  /** Fields of the worlds that are not drawn. */
  readonly world?: Partial<World>;
  /** How the faults are drawn, where it is not as usual. */
  readonly draw?: Partial<DrawOptions>;
}

/** A broken promise. */
export interface Finding {
  readonly seed: number;
  /** Such as `I1`. */
  readonly invariant: string;
  readonly message: string;
}

/** The first seed that breaks a promise; `null`: none does. Code that throws where it must not breaks one, too. */
export async function findViolation({ seeds, world, draw }: Search): Promise<Finding | null> {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const { violation } = await runPlan(planOf(seed, { ...DEFAULT_DRAW, ...draw }, world));
      if (violation) return { seed, invariant: violation.invariant, message: violation.message };
    } catch (error) {
      return { seed, invariant: "no error", message: String((error as Error).stack) };
    }
  }
  return null;
}
