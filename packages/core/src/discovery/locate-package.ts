import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { BeatxError } from "../base/errors.js";

/**
 * Where packages of the application are looked up (not from core, which may lie where it cannot see them): `from`, a folder,
 * file or file URL, then the entry script and the working directory.
 */
export function lookupPlaces(from: string | undefined): string[] {
  const first = from?.startsWith("file:") ? fileURLToPath(from) : from;
  return [first, process.argv[1], process.cwd()].filter((place) => place !== undefined);
}

/** The file that the first of the places would load for a package; `undefined`: none has it. @throws BeatxError `UNKNOWN_SCHEME` */
export function locatePackage(name: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      // A file name that need not exist: `require` looks from its folder, whether `place` is a file or a folder.
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
