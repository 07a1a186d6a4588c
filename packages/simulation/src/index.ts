/** `@beatx/simulation`: whole clusters on a virtual clock, with faults drawn from a seed. */
export { countFaults, DEFAULT_DRAW, type Outcome, type Plan, planOf, runPlan } from "./run/simulate.js";
export type { DrawOptions } from "./faults/draw-steps.js";
export type { Step } from "./faults/step.js";
export { Violation } from "./judge/judge-base.js";
export type { World } from "./world/world.js";
