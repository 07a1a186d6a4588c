import type { TextOutput } from "./command-context.js";
import { printable } from "./printable.js";
import { columnWidths, formatTable, GAP } from "./table.js";
import { shortenMiddle } from "./text-width.js";

/** The width to which a column shrinks before all others, too, are cut. */
const LEAST_WIDTH = 5;

/** The columns of the terminal, if the table is too wide for it; `null`: it fits, or this is no terminal. */
export function columnsToFit(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { isTTY, columns }: TextOutput,
): number | null {
  return isTTY === true && columns !== undefined && widthOfTable(header, rows) > columns ? columns : null;
}

/** The number of terminal columns of a table. */
export function widthOfTable(header: readonly string[], rows: readonly (readonly string[])[]): number {
  return sum(columnWidths([header, ...rows])) + GAP * (header.length - 1);
}

/**
 * A table whose lines fit in `columns`, so that a terminal wraps none: the widest of the `flexible` columns are
 * shortened in the middle, and if that is not enough, the others, too.
 */
export function formatFittedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  flexible: readonly number[],
): string {
  // Escaped first, because an escaped character is wider.
  const lines = [header, ...rows].map((row) => row.map((cell) => printable(cell)));
  const room = columns - GAP * (header.length - 1);
  const all = header.map((_title, column) => column);
  const fitted = shrink(columnWidths(lines), flexible, room, LEAST_WIDTH);
  const widths = shrink(fitted, all, room, 1);
  const [title, ...cells] = lines.map((line) => line.map((cell, column) => shortenMiddle(cell, widths[column]!)));
  return formatTable(title!, cells);
}

/** Takes one column after the other from the widest of `columns`, until all fit in `room` or are `least` wide. */
function shrink(widths: readonly number[], columns: readonly number[], room: number, least: number): number[] {
  const shrunk = [...widths];
  for (let excess = sum(shrunk) - room; excess > 0; excess -= 1) {
    const widest = columns.reduce((best, column) => (shrunk[column]! > shrunk[best]! ? column : best), columns[0]!);
    if (shrunk[widest]! <= least) break;
    shrunk[widest]! -= 1;
  }
  return shrunk;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
