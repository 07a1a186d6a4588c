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

/** `command`: the one that repeats the figures. */
export function recordHead(command: string): RecordHead {
  return {
    command,
    recordedOn: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpus: availableParallelism(),
  };
}

/** Writes figures to `docs/<page>/<name>.json`. Resolves to the path. */
export async function recordFigures(
  name: string,
  figures: RecordHead,
  page: "reliability" | "performance" = "reliability",
): Promise<string> {
  const folder = fileURLToPath(new URL(`../../../docs/${page}/`, import.meta.url));
  await mkdir(folder, { recursive: true });
  const path = `${folder}${name}.json`;
  await writeFile(path, `${JSON.stringify(figures, null, 2)}\n`);
  return path;
}
