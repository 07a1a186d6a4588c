/** Lines of a table whose columns are as wide as their widest cell; the first row is the head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0]!.map((_, column) => Math.max(...texts.map((row) => row[column]!.length)));
  const isNumber = (cell: string): boolean => /^[-+]?[\d.]+$/.test(cell);
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (isNumber(cell) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  ").trimEnd(); // prettier-ignore
  return texts.map(line).join("\n");
}
