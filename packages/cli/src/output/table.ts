import { printable } from "./printable.js";
import { widthOf } from "./text-width.js";

/** Blanks between two columns of a table. */
export const GAP = 2;

/** A table with aligned columns and no trailing blanks; every line ends in a line break. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((row) => row.map((cell) => printable(cell)));
  const widths = columnWidths(lines);
  return lines.map((line) => `${formatLine(line, widths)}\n`).join("");
}

/** Lines `label  value`, with the values aligned. */
export function formatFacts(facts: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}\n`).join("");
}

/** The number of terminal columns that each column of a table takes. The first line is the header. */
export function columnWidths(lines: readonly (readonly string[])[]): number[] {
  return lines[0]!.map((_title, column) =>
    lines.reduce((width, line) => Math.max(width, widthOf(line[column] ?? "")), 0),
  );
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell + " ".repeat(widths[column]! - widthOf(cell)));
  return padded.join(" ".repeat(GAP)).trimEnd();
}
