import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Importer } from "@beatx/import";

/** The package that has the importers. */
export const IMPORT_PACKAGE = "@beatx/import";

/** The kinds of schedules that can be imported; `null`: the package that reads them is not installed. */
export async function findImporters(cwd: string): Promise<readonly Importer[] | null> {
  const found = (await load(() => import("@beatx/import"))) ?? (await load(() => importFrom(cwd)));
  return found?.importers ?? null;
}

/** What the package exports. */
interface ImportModule {
  readonly importers: readonly Importer[];
}

/** A command that is installed for the whole machine does not see the packages of a folder. */
async function importFrom(folder: string): Promise<ImportModule> {
  const file = createRequire(join(folder, "beatx")).resolve(IMPORT_PACKAGE);
  return (await import(pathToFileURL(file).href)) as ImportModule;
}

/** `null`: it is not installed. Any other failure is an error. */
async function load(loading: () => Promise<ImportModule>): Promise<ImportModule | null> {
  try {
    return await loading();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    if (isMissing && message.includes(IMPORT_PACKAGE)) return null;
    throw error;
  }
}
