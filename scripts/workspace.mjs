/** Paths and packages of this repository. Uses only Node built-ins, because it runs before any install. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository, without a slash at the end. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** @param {string} path a JSON file, relative to the repository or absolute */
export function readJson(path) {
  return JSON.parse(readFileSync(join(path.startsWith(root) ? "" : root, path), "utf8"));
}

/** The command that runs pnpm, in the version of package.json. It works without an installed pnpm. */
export function pnpmCommand() {
  return ["npx", "--yes", readJson("package.json").packageManager];
}

/** Path of a tool that is installed in the repository, such as `tsc`. */
export function localTool(name) {
  return join(root, "node_modules", ".bin", name);
}

/**
 * Every package in `packages/`, sorted by folder: `{ folder, path, manifest, tsconfig }`. `tsconfig` is undefined for
 * packages that are not compiled.
 */
export function listPackages() {
  return readdirSync(join(root, "packages"))
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .sort()
    .map((folder) => {
      const path = join(root, "packages", folder);
      const tsconfig = existsSync(join(path, "tsconfig.json")) ? readJson(join(path, "tsconfig.json")) : undefined;
      return { folder, path, manifest: readJson(join(path, "package.json")), tsconfig };
    });
}
