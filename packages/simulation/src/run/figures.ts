import { type RecordHead, recordHead } from "@beatx/test-servers";

import type { SimulateOptions } from "./options.js";
import { countAll, type Totals } from "./totals.js";

const MS_PER_HOUR = 3_600_000;

/** The contents of docs/reliability/simulation.json. */
export interface SimulationFigures extends RecordHead {
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly worlds: readonly {
    readonly world: string;
    readonly runs: number;
    readonly faults: number;
    readonly clusterHours: number;
    readonly violations: number;
  }[];
  readonly [figure: string]: unknown;
}

/** The figures of many runs, as they are recorded. `minutes`: of real time. */
export function recordOf(totals: Totals, minutes: number, options: SimulateOptions): SimulationFigures {
  const faults = countAll(totals.faults);
  return {
    ...recordHead(`npm run simulate -- ${argumentsOf(options)} --record`),
    seeds: totals.runs,
    clusterHours: Math.round(totals.simulatedMs / MS_PER_HOUR),
    faults,
    violations: totals.violations.length,
    messages: totals.messages,
    copies: totals.copies,
    terms: totals.terms,
    quietChecks: totals.quietChecks,
    takeOversJudged: totals.takeOversJudged,
    acknowledgedEdits: totals.acknowledgedEdits,
    faultsPerMinute: Math.round(faults / minutes),
    clusterHoursPerMinute: Math.round(totals.simulatedMs / MS_PER_HOUR / minutes),
    faultsByKind: Object.fromEntries(Object.entries(totals.faults).sort(([, one], [, other]) => other - one)),
    worlds: Object.entries(totals.worlds)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([world, { simulatedMs, ...rest }]) => {
        return { world, ...rest, clusterHours: Math.round(simulatedMs / MS_PER_HOUR) };
      }),
  };
}

/** The arguments that repeat a run. */
export function argumentsOf({ from, seeds, minutes }: SimulateOptions): string {
  return `--from ${from} ${seeds === null ? `--minutes ${minutes}` : `--seeds ${seeds}`}`;
}
