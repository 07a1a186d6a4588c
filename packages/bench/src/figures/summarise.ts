import { spreadOf, type Spread } from "../base/statistics.js";
import type { CellResult } from "../cells/cell.js";
import type { Measure, Target, Work, WorkCell } from "../works/work.js";
import type { Round, RowFigures, TargetFigures, WorkFigures } from "./work-figures.js";

/** Commands that are called less often are left out, per message. */
const RARE_CALLS = 0.001;

/** The figures of a work from its rounds. Ratios are made within each round, and only then summarised. */
export function summarise(work: Work, rounds: readonly Round[]): Pick<WorkFigures, "columns" | "rows" | "targets"> {
  return {
    columns: work.columns.map(({ title }) => title),
    rows: work.cells.map((cell) => rowOf(cell, work, rounds)),
    targets: work.targets.map((target) => targetOf(target, rounds)),
  };
}

function rowOf({ id, title, kind }: WorkCell, { columns }: Work, rounds: readonly Round[]): RowFigures {
  const outcomes = rounds.flatMap((round) => round[id] ?? []);
  const results = outcomes.filter((outcome): outcome is CellResult => !("error" in outcome));
  const problem = outcomes.find((outcome) => "error" in outcome)?.error;
  const commands = Object.entries(results.at(-1)?.commands ?? {}).filter(([, calls]) => calls >= RARE_CALLS);
  return {
    id,
    title,
    kind,
    rounds: results.length,
    figures: columns.map((column) => spreadOf(valuesOf(id, column, rounds)) ?? null),
    commands: Object.fromEntries(commands.map(([name, calls]) => [name, Number(calls.toPrecision(3))])),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** One value for each round in which the cell, and the one that it is compared with, have the figure. */
function valuesOf(cell: string, { metric, against, inverse = false }: Measure, rounds: readonly Round[]): number[] {
  return rounds.flatMap((round) => {
    const value = figureOf(round, cell, metric);
    if (value === undefined || against === undefined) return value ?? [];
    const other = figureOf(round, against, metric);
    if (other === undefined) return [];
    return inverse ? other / value : value / other;
  });
}

function figureOf(round: Round, cell: string, metric: string): number | undefined {
  const outcome = round[cell];
  if (outcome === undefined || "error" in outcome) return undefined;
  const value = outcome.values[metric];
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function targetOf(target: Target, rounds: readonly Round[]): TargetFigures {
  const found = spreadOf(valuesOf(target.cell, target, rounds)) ?? null;
  return { says: target.says, found, isMet: found && isMet(found, target) };
}

function isMet({ median, min, max }: Spread, { atLeast, atMost, worst = false }: Target): boolean {
  if (atLeast !== undefined) return (worst ? min : median) >= atLeast;
  return (worst ? max : median) <= atMost!;
}
