import { availableParallelism } from "node:os";
import { systemClock } from "@beatx/core";

import type { SimulateOptions } from "./options.js";
import { countAll, type Totals } from "./totals.js";

const MS_PER_HOUR = 3_600_000;

/** The figures of many runs, as they are recorded. `minutes`: of real time. */
export function recordOf(totals: Totals, minutes: number, options: SimulateOptions): Record<string, unknown> {
  const faults = countAll(totals.faults);
  return {
    command: `npm run simulate -- ${argumentsOf(options)} --record`,
    recordedOn: new Date(systemClock.now()).toISOString().slice(0, 10),
    node: process.version,
    cpus: availableParallelism(),
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

function argumentsOf({ from, seeds, minutes }: SimulateOptions): string {
  return `--from ${from} ${seeds === null ? `--minutes ${minutes}` : `--seeds ${seeds}`}`;
}

/** The same figures for people. */
export function tableOf(totals: Totals, minutes: number, options: SimulateOptions): string {
  const { faultsByKind, worlds, ...figures } = recordOf(totals, minutes, options) as {
    faultsByKind: Record<string, number>;
    worlds: { world: string; runs: number; faults: number; clusterHours: number; violations: number }[];
  };
  const rows = worlds.map(({ world, ...rest }) => [world, rest] as const);
  return [
    ...Object.entries(figures).map(([name, value]) => `${name.padEnd(24)}${String(value)}`),
    ...Object.entries(faultsByKind).map(([kind, number]) => `  ${kind.padEnd(22)}${number}`),
    ...rows.map(([world, { runs, faults, clusterHours, violations }]) => {
      return `  ${world.padEnd(36)}${runs} seeds, ${clusterHours} h, ${faults} faults, ${violations} violations`;
    }),
  ].join("\n");
}
