import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
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
 * The package's main file, from the first place that finds one; `undefined`: none does. The event loop does not wait for
 * the disk while the package is missing.
 * @throws BeatxError `UNKNOWN_SCHEME` if a package is found but cannot be loaded.
 */
export async function locatePackage(name: string, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    // The file need not exist: Node begins in its folder, so this serves a folder and a file.
    const require = createRequire(resolve(place, "beatx"));
    if (!(await isInstalled(name, require))) continue;
    try {
      return require.resolve(name);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") continue;
      const message = `the package ${name} found from ${place} cannot be loaded: ${String(cause)}`;
      throw new BeatxError("UNKNOWN_SCHEME", message, { cause });
    }
  }
  return undefined;
}

/** Whether a `node_modules` folder has the package. Under Plug'n'Play there are none, so only Node's own search knows. */
async function isInstalled(name: string, require: NodeJS.Require): Promise<boolean> {
  if (process.versions["pnp"] !== undefined) return true;
  const folders = require.resolve.paths(name) ?? [];
  const found = await Promise.all(folders.map((folder) => stat(join(folder, name)).catch(() => undefined)));
  return found.some((each) => each !== undefined);
}
