import { table } from "@beatx/test-servers";
import type { Spread } from "../base/statistics.js";
import type { TargetFigures, WorkFigures } from "./work-figures.js";

/** Three digits are more than such a figure has; 0.0004 stays readable. */
export function showNumber(value: number): string {
  if (value === 0) return "0";
  const digits = Number(value.toPrecision(3));
  if (Math.abs(digits) >= 1_000) return Math.round(value).toLocaleString("en-US");
  return Math.abs(digits) < 0.0001 ? digits.toExponential(1) : String(digits);
}

/** The median, and in brackets the ends of several rounds that differ. */
export function showSpread(spread: Spread | null): string {
  if (spread === null) return "-";
  const [median, min, max] = [spread.median, spread.min, spread.max].map(showNumber);
  return min === max ? median! : `${median} (${min}–${max})`;
}

/** "met", "missed" or "not measured". */
export function showVerdict({ isMet }: TargetFigures): string {
  if (isMet === null) return "not measured";
  return isMet ? "met" : "missed";
}

/** The figures as a person reads them in a terminal. */
export function textTable({
  title,
  columns,
  rows,
  targets,
}: Pick<WorkFigures, "title" | "columns" | "rows" | "targets">): string {
  const head = ["", ...columns];
  const lines = rows.map((row) => [row.title, ...row.figures.map(showSpread)]);
  const problems = rows
    .filter(({ problem }) => problem !== undefined)
    .map((row) => `  failed: ${row.title}: ${row.problem}`);
  const verdicts = targets.map((target) => `  ${showVerdict(target)}: ${target.says} (${showSpread(target.found)})`);
  return [title, table([head, ...lines]), ...problems, ...verdicts].join("\n");
}
