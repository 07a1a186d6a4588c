import { realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { describe } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";

/**
 * The places from which the application's packages are looked up: `from` (a folder, file or file URL), the entry script
 * where it is and where a link to it leads, the working directory, and at last core itself, which may be installed where
 * it cannot see the packages. @throws ConfigError if `from` is a file URL that names no file of this machine.
 */
export function lookupPlaces(from: string | undefined): string[] {
  const first = from?.startsWith("file:") ? pathOf(from) : from;
  const places = [first, ...entryScript(process.argv[1]), process.cwd(), ownFile()];
  return [...new Set(places.filter((place) => place !== undefined))];
}

/**
 * The folders among the places in which an application may install a package: `from`, that of the entry script, and the
 * working directory. What stands before `node_modules` is the folder in which something was installed.
 */
export function describePlaces(from: string | undefined): string {
  const first = from?.startsWith("file:") ? pathOf(from) : from;
  const [script] = entryScript(process.argv[1]);
  const places = [first, script && dirname(script), process.cwd()].filter((place) => place !== undefined);
  return [...new Set(places.map((place) => place.replace(/[\\/]node_modules([\\/].*)?$/, "")))].join(", ");
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    const example = "file:///srv/app/beat.mjs (import.meta.url is one)";
    throw new ConfigError(`from is ${describe(url)}: expected a path, or a file URL such as ${example}`, {
      field: "from",
    });
  }
}

/** With `node -e CODE word`, `node -` or in a prompt, the first argument is no script, and Node makes no path of it. */
function entryScript(argument: string | undefined): string[] {
  if (argument === undefined || !isAbsolute(argument)) return [];
  if (process.execArgv.some((option) => /^(-e|-p|-pe|-i|--eval|--print|--interactive)(=|$)/.test(option))) return [];
  try {
    return [argument, realpathSync(argument)];
  } catch {
    return [argument]; // a script may be named without its extension
  }
}

/** `undefined` in a bundle that is no module. */
function ownFile(): string | undefined {
  const url: unknown = import.meta.url;
  return typeof url === "string" && url.startsWith("file:") ? fileURLToPath(url) : undefined;
}

/** A package that was not found. `kind` names the option that takes its provider. */
export interface MissingPackage {
  readonly name: string;
  readonly kind: "store" | "publisher" | "schedule";
}

const OPTIONS = { store: "`stores`", publisher: "`publishers`", schedule: "`scheduleTypes`" };

/** What to do about packages that were not found, as sentences. */
export function explainLookup(missing: readonly MissingPackage[]): string {
  const them = missing.length === 1 ? "it" : "them";
  const they = missing.length === 1 ? "it is" : "they are";
  const options = missing.map(({ kind }) => OPTIONS[kind]).join(" and ");
  return (
    `Install ${them} (npm install ${missing.map(({ name }) => name).join(" ")}). If ${they} installed elsewhere, ` +
    `name a folder beside ${them} in \`from\`; in a bundle, import ${them} and pass what ${them === "it" ? "it exports" : "they export"} in ${options}`
  );
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
