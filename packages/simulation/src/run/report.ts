import { table } from "@beatx/test-servers";
import { argumentsOf } from "./figures.js";
import type { SimulateOptions } from "./options.js";
import type { Outcome, Plan } from "./simulate.js";
import { describeWorld } from "./story.js";
import { countAll, type Totals } from "./totals.js";

const MS_PER_HOUR = 3_600_000;
const MOST_SEEDS = 10;
const LEGEND = `stores: "one step" as Redis, "local" as LMDB, "rows" writes one row at a time and has no clock
queues: "in the store" is class T of docs/PROTOCOL.md, "comparing" is class D, "plain" is class P`;

const count = (number: number): string => number.toLocaleString("en-US");

/** What is about to run. */
export function headOf({ from, seeds, minutes, workers }: SimulateOptions): string {
  const which =
    seeds === null
      ? `seeds from ${from} on for ${minutes} min`
      : `${count(seeds)} seeds, from ${from} to ${from + seeds - 1}`;
  return `simulated clusters: ${which}, ${workers} at a time`;
}

/** What many runs came to, as a person reads it. `minutes`: of real time. */
export function showTotals(totals: Totals, minutes: number, options: SimulateOptions): string {
  const { worlds, faults, messages, copies, terms, quietChecks, takeOversJudged, acknowledgedEdits } = totals;
  const rows = Object.entries(worlds).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const clusters = rows.map(([world, { runs, simulatedMs, faults, violations }]) => {
    const hours = (simulatedMs / MS_PER_HOUR).toFixed(1);
    return [...world.split(" / "), count(runs), hours, count(faults), count(violations)];
  });
  const kinds = Object.entries(faults).toSorted(([, one], [, other]) => other - one);
  const rate = (number: number): string => count(Math.round(number / minutes));
  return [
    table([["store", "queue", "seeds", "hours", "faults", "broken promises"], ...clusters]),
    LEGEND,
    "",
    table([["fault", "times"], ...kinds.map(([kind, times]) => [kind, count(times)])]),
    "",
    `${count(messages)} messages, ${count(copies)} of them copies; ${count(terms)} terms of leaders; ${count(acknowledgedEdits)} acknowledged edits`,
    `${count(quietChecks)} times everything due had to be sent at the end of a quiet time, and ${count(takeOversJudged)} take-overs had a bound`,
    `${rate(countAll(faults))} faults and ${rate(totals.simulatedMs / MS_PER_HOUR)} cluster-hours a minute`,
    `the same again: npm run simulate -- ${argumentsOf(options)}`,
  ].join("\n");
}

/** The last line: what ran, and which promises were broken by which seeds. */
export function verdictOf({ runs, faults, simulatedMs, violations }: Totals): string {
  if (runs === 0) return "no seed ran: nothing was shown";
  const size = sizeOf(`${count(runs)} ${runs === 1 ? "seed" : "seeds"}`, countAll(faults), simulatedMs);
  if (violations.length === 0) return `${size}: no promise broken`;
  const parts = [...new Set(violations.map(({ invariant }) => invariant))].map((broken) => {
    const its = violations.filter(({ invariant }) => invariant === broken);
    return `${broken} by ${seedsOf(its.map(({ seed }) => seed))}`;
  });
  return `${size}: broken: ${parts.join("; ")}`;
}

function seedsOf(seeds: readonly number[]): string {
  const more = seeds.length > MOST_SEEDS ? ` and ${count(seeds.length - MOST_SEEDS)} more` : "";
  return `${seeds.length === 1 ? "seed" : "seeds"} ${seeds.slice(0, MOST_SEEDS).join(", ")}${more}`;
}

/** What is about to be told. */
export function headOfSeed({ seed, world, steps }: Plan): string {
  return `seed ${seed}: ${describeWorld(world)}; ${count(steps.length)} steps`;
}

/** The last line of the run of one seed. */
export function verdictOfSeed({ seed }: Plan, { faults, simulatedMs, violation }: Outcome): string {
  const size = sizeOf(`seed ${seed}`, countAll(Object.fromEntries(faults)), simulatedMs);
  return `${size}: ${violation === null ? "no promise broken" : `broken: ${violation.message}`}`;
}

function sizeOf(what: string, faults: number, simulatedMs: number): string {
  return `${what}, ${count(faults)} faults, ${count(Math.round((simulatedMs / MS_PER_HOUR) * 10) / 10)} cluster-hours`;
}
