import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FakeClock } from "@beatx/core/testing";

import type { ImportContext } from "../src/base/importer.js";

/** The moment at which importers are tested. */
export const NOW: number = Date.parse("2026-01-15T12:00:00Z");

/** The surroundings of an import in a test. `say` collects in `said`. */
export function testContext(given: Partial<ImportContext> = {}): ImportContext & { readonly said: string[] } {
  const said: string[] = [];
  return {
    cwd: "/",
    clock: new FakeClock(NOW),
    timezone: undefined,
    dryRun: false,
    readStdin: () => Promise.resolve(""),
    say: (line) => void said.push(line),
    ...given,
    said,
  };
}

/** Writes files into a new folder, and answers it. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "beatx-import-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
