import { RULES_WITHOUT_BUG } from "./planted-bugs.js";
import type { PlantedResult } from "./run-planted.js";

/** One planted bug, as docs/reliability/planted-bugs.json shows it. */
export interface PlantedRow {
  readonly rule: string;
  readonly name: string;
  readonly title: string;
  /** So many seeds are tried. */
  readonly seeds: number;
  /** The first seed that found it; `null`: none did. */
  readonly foundBySeed: number | null;
  /** The promise that broke; `null`: none did. */
  readonly breaks: string | null;
}

/** The figures of a run over all planted bugs. */
export interface PlantedFigures {
  readonly planted: number;
  readonly found: number;
  readonly rules: number;
  readonly bugs: readonly PlantedRow[];
  /** By rule: why no bug is planted. */
  readonly rulesWithoutBug: Readonly<Record<string, string>>;
}

/** Whether the promise broke that the bug breaks: any other error shows that the patch is wrong. */
export function isFound({ bug: { breaks, alsoBreaks = [] }, finding }: PlantedResult): boolean {
  return finding !== null && [breaks, ...alsoBreaks].includes(finding.invariant);
}

/** The row of one result. */
export function rowOf({ bug, finding }: PlantedResult): PlantedRow {
  const { rule, name, title, seeds } = bug;
  return { rule, name, title, seeds, foundBySeed: finding?.seed ?? null, breaks: finding?.invariant ?? null };
}

/** The figures of these results. */
export function figuresOf(results: readonly PlantedResult[]): PlantedFigures {
  const bugs = results.map(rowOf);
  return {
    planted: bugs.length,
    found: results.filter(isFound).length,
    rules: new Set(bugs.map(({ rule }) => rule)).size,
    bugs,
    rulesWithoutBug: RULES_WITHOUT_BUG,
  };
}

/** One line of the readable table. */
export function lineOf(result: PlantedResult): string {
  const { rule, name, seeds, foundBySeed, breaks } = rowOf(result);
  const expected = isFound(result) ? "" : `, where ${result.bug.breaks} was expected`;
  const found = foundBySeed === null ? "NOT FOUND in" : `seed ${foundBySeed} of`;
  const promise = breaks === null ? "" : `: ${breaks}`;
  return `${rule.padEnd(4)} ${name.padEnd(40)} ${found} ${seeds}${promise}${expected}`;
}
