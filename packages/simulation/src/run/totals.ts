import type { Outcome, Plan } from "./simulate.js";

/** What many runs come to. */
export interface Totals {
  runs: number;
  simulatedMs: number;
  faults: Record<string, number>;
  messages: number;
  copies: number;
  terms: number;
  quietChecks: number;
  /** Take-overs that were measured against their bound. */
  takeOversJudged: number;
  acknowledgedEdits: number;
  happenings: number;
  /** By kind of cluster. */
  worlds: Record<string, { runs: number; simulatedMs: number; faults: number; violations: number }>;
  violations: { readonly seed: number; readonly invariant: string; readonly message: string }[];
}

export function noTotals(): Totals {
  return {
    runs: 0,
    simulatedMs: 0,
    faults: {},
    messages: 0,
    copies: 0,
    terms: 0,
    quietChecks: 0,
    takeOversJudged: 0,
    acknowledgedEdits: 0,
    happenings: 0,
    worlds: {},
    violations: [],
  };
}

export function addOutcome(totals: Totals, { seed, world }: Plan, outcome: Outcome): void {
  const { violation, simulatedMs, faults } = outcome;
  const count = [...faults.values()].reduce((sum, each) => sum + each, 0);
  totals.runs++;
  totals.simulatedMs += simulatedMs;
  for (const [kind, number] of faults) totals.faults[kind] = (totals.faults[kind] ?? 0) + number;
  totals.messages += outcome.messages;
  totals.copies += outcome.copies;
  totals.terms += outcome.grants;
  totals.quietChecks += outcome.checks;
  totals.takeOversJudged += outcome.takeOvers;
  totals.acknowledgedEdits += outcome.edits;
  totals.happenings += outcome.happenings;
  const delivery = world.queue === "plain" ? `plain, ${world.delivery}` : world.queue;
  const known = totals.worlds[`${world.store} / ${delivery}`] ?? { runs: 0, simulatedMs: 0, faults: 0, violations: 0 };
  known.runs++;
  known.simulatedMs += simulatedMs;
  known.faults += count;
  if (violation) known.violations++;
  totals.worlds[`${world.store} / ${delivery}`] = known;
  if (violation) {
    const { invariant, message } = violation;
    totals.violations.push({ seed, invariant, message });
  }
}

/** Adds the totals of another worker. */
export function addTotals(totals: Totals, other: Totals): void {
  for (const key of [
    "runs",
    "simulatedMs",
    "messages",
    "copies",
    "terms",
    "quietChecks",
    "takeOversJudged",
    "acknowledgedEdits",
    "happenings",
  ] as const) {
    totals[key] += other[key];
  }
  for (const [kind, number] of Object.entries(other.faults)) totals.faults[kind] = (totals.faults[kind] ?? 0) + number;
  for (const [name, world] of Object.entries(other.worlds)) {
    const known = (totals.worlds[name] ??= { runs: 0, simulatedMs: 0, faults: 0, violations: 0 });
    for (const key of ["runs", "simulatedMs", "faults", "violations"] as const) known[key] += world[key];
  }
  totals.violations.push(...other.violations);
}

export function countAll(faults: Readonly<Record<string, number>>): number {
  return Object.values(faults).reduce((sum, each) => sum + each, 0);
}
