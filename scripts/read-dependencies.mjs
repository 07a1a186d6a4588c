/** Reads the lock file and the installed packages that it names. Asks no registry. */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { root } from "./workspace.mjs";

/** @param {string} file relative to the repository */
export function readYaml(file) {
  return parse(readFileSync(join(root, file), "utf8"));
}

/**
 * Every package that users of the published packages install, with its version: what they name as dependencies and peers,
 * and what those need, in turn. Optional packages for other platforms are in `missing`: they are not installed here.
 *
 * @param {{ importers: object, packages: object, snapshots: object }} lock
 * @param {readonly { path: string, folder: string, manifest: object }[]} published
 * @returns {{ installed: { id: string, manifest: object, hasBinding: boolean }[], missing: string[], problems: string[] }}
 */
export function readDependencies(lock, published) {
  const found = { installed: new Map(), missing: new Set(), problems: [] };
  for (const { path, folder, manifest } of published) {
    const {
      dependencies = {},
      devDependencies = {},
      optionalDependencies = {},
    } = lock.importers[`packages/${folder}`] ?? {};
    const named = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
    const resolved = { ...devDependencies, ...dependencies, ...optionalDependencies };
    for (const name of Object.keys(named)) {
      const version = resolved[name]?.version;
      if (version === undefined) found.problems.push(`the lock file lacks ${name}, which ${manifest.name} needs`);
      else if (!version.startsWith("link:")) visit(lock, { name, version, from: path, isOptional: false }, found);
    }
  }
  return { installed: [...found.installed.values()], missing: [...found.missing], problems: found.problems };
}

/** Adds a package and all that it needs to `found`. */
function visit(lock, { name, version, from, isOptional }, found) {
  const snapshot = `${name}@${version}`;
  const id = snapshot.replace(/\(.*$/, "");
  if (found.installed.has(snapshot) || found.missing.has(id)) return;
  const path = findFolder(name, from);
  if (path === undefined) {
    // Packages with native code for one platform name it; npm installs only those that fit.
    if (isOptional && lock.packages[id]?.cpu !== undefined) found.missing.add(id);
    else found.problems.push(`${id} is not installed: run "node scripts/bootstrap.mjs"`);
    return;
  }
  const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  if (`${name}@${manifest.version}` !== id)
    found.problems.push(`${id} is in the lock file, ${manifest.version} installed`);
  found.installed.set(snapshot, { id, manifest, hasBinding: existsSync(join(path, "binding.gyp")) });
  const { dependencies = {}, optionalDependencies = {} } = lock.snapshots[snapshot] ?? {};
  for (const [each, its] of Object.entries({ ...dependencies, ...optionalDependencies })) {
    visit(lock, { name: each, version: its, from: path, isOptional: each in optionalDependencies }, found);
  }
}

/** Where Node finds the package from a folder; `undefined`: nowhere. */
function findFolder(name, from) {
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (folder === dirname(folder)) return undefined;
  }
}
