import type { MergeStep } from "../timetable/reconcile.js";

/** How many entries a tick looks at, and removes, at most. */
const MOST_LOOKED_AT = 10_000;
const MOST_TIDIED = 1_000;

/** The changes among the next steps: as many as one tick looks at and makes. */
export function firstSteps(steps: Iterator<MergeStep, void>): {
  readonly isDone: boolean;
  readonly changes: readonly MergeStep[];
} {
  const changes: MergeStep[] = [];
  for (let count = 0; count < MOST_LOOKED_AT && changes.length < MOST_TIDIED; count++) {
    const step: IteratorResult<MergeStep, void> = steps.next();
    if (step.done) return { isDone: true, changes };
    if (step.value) changes.push(step.value);
  }
  return { isDone: false, changes };
}
