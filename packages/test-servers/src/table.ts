/**
 * Rows as lines of text whose columns are as wide as their widest cell; the first row is the head. Numbers end at the right
 * of their column, and so does the head of a column of numbers.
 */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map(String));
  const columns = texts[0]!.map((_, column) => {
    const cells = texts.slice(1).map((row) => row[column]!);
    const width = Math.max(...texts.map((row) => row[column]!.length));
    return { width, isNumeric: cells.length > 0 && cells.every(isNumber) };
  });
  const shown = (cell: string, index: number): string => {
    const { width, isNumeric } = columns[index]!;
    return isNumeric || isNumber(cell) ? cell.padStart(width) : cell.padEnd(width);
  };
  return texts.map((row) => row.map(shown).join("  ").trimEnd()).join("\n");
}

/** With or without a sign, decimals and commas between thousands. */
function isNumber(cell: string): boolean {
  return /^[-+]?\d[\d.,]*$/.test(cell);
}
