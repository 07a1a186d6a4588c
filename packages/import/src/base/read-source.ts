import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { ConfigError } from "@beatx/core";

import type { ImportContext } from "./importer.js";

/** A source as text. */
export interface SourceText {
  /** As the user named it; `stdin` for `-`. */
  readonly name: string;
  readonly text: string;
}

/** Reads a file, or standard input for `-`. @throws ConfigError that names the file and why it cannot be read */
export async function readSource(source: string, { cwd, readStdin }: ImportContext): Promise<SourceText> {
  if (source === "-") return { name: "stdin", text: withoutMark(await readStdin()) };
  try {
    return { name: source, text: withoutMark(await readFile(resolve(cwd, source), "utf8")) };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const why = WHY[code] ?? `it cannot be read (${code})`;
    throw new ConfigError(`${source}: ${why}`, { field: "source" });
  }
}

/** The name of the source, behind which a place in it stands: `jobs.yaml:12`. */
export function placeOf({ name }: SourceText, line: number): string {
  return `${name}:${line}`;
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder: name the files in it",
  EACCES: "this user may not read it",
};

/** Some editors put a byte order mark at the beginning. */
function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
