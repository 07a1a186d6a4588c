/** `@beatx/simulation`: whole clusters on a virtual clock, with faults drawn from a seed. */
export type { DrawOptions } from "./faults/draw-steps.js";
export { isFault, type Step } from "./faults/step.js";
export { Violation } from "./judge/judge-base.js";
export { countFaults, minimise } from "./run/minimise.js";
export { DEFAULT_DRAW, type Outcome, type Plan, planOf, runPlan } from "./run/simulate.js";
export { storyOf } from "./run/story.js";
export type { World } from "./world/world.js";
