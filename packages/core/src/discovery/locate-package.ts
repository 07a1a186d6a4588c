import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { BeatxError } from "../base/errors.js";

/**
 * The places from which the application's packages are looked up: `from` (a folder, file or file URL), the entry
 * script, and the working directory. Core itself is none of them: it may be installed where it cannot see the packages.
 */
export function lookupPlaces(from: string | undefined): string[] {
  const first = from?.startsWith("file:") ? fileURLToPath(from) : from;
  return [first, process.argv[1], process.cwd()].filter((place) => place !== undefined);
}

/**
 * The package's main file, from the first place that finds one; `undefined`: none does.
 * @throws BeatxError `UNKNOWN_SCHEME` if a package is found but cannot be loaded.
 */
export function locatePackage(name: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      // `require` starts in the folder of a file that need not exist. Trying both handles a file and a folder.
      return firstResolved(name, [place, join(place, "beatx")]);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === "MODULE_NOT_FOUND") continue;
      const message = `the package ${name} found from ${place} cannot be loaded: ${String(cause)}`;
      throw new BeatxError("UNKNOWN_SCHEME", message, { cause });
    }
  }
  return undefined;
}

function firstResolved(name: string, bases: readonly string[]): string {
  let notFound: unknown;
  for (const base of bases) {
    try {
      return createRequire(base).resolve(name);
    } catch (error) {
      notFound = error;
    }
  }
  throw notFound;
}
