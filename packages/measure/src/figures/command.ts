import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** The fields that every recorded file begins with. */
export interface RecordHead {
  readonly command: string;
  readonly recordedOn: string;
  readonly node: string;
  readonly cpus: number;
}

/** Writes figures to `docs/reliability/<name>.json`, below what they were measured with. Resolves to the path. */
export async function recordFigures(name: string, command: string, figures: object): Promise<string> {
  const folder = fileURLToPath(new URL("../../../../docs/reliability/", import.meta.url));
  const head: RecordHead = {
    command,
    recordedOn: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpus: availableParallelism(),
  };
  await mkdir(folder, { recursive: true });
  const path = `${folder}${name}.json`;
  await writeFile(path, `${JSON.stringify({ ...head, ...figures }, null, 2)}\n`);
  return path;
}

/** Lines of a table whose columns are as wide as their widest cell; the first row is the head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0]!.map((_, column) => Math.max(...texts.map((row) => row[column]!.length)));
  const isNumber = (cell: string): boolean => /^[-+]?[\d.]+$/.test(cell);
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (isNumber(cell) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  ").trimEnd(); // prettier-ignore
  return texts.map(line).join("\n");
}

/** Reads a whole number above 0 from the command line. @throws Error that names the option and the value. */
export function readCount(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} is "${text}": expected a whole number, at least 1`);
}
