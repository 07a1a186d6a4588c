/** Rules for a package's sources. Each returns the problems that it found, as texts. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import ts from "typescript";

/** Fields of package.json that a published package needs. */
export function findManifestProblems({ folder, manifest }) {
  const wanted = {
    type: manifest.type === "module",
    sideEffects: manifest.sideEffects === false,
    license: manifest.license === "MIT",
    description: Boolean(manifest.description),
    "engines.node": Boolean(manifest.engines?.node),
    "repository.directory": manifest.repository?.directory === `packages/${folder}`,
    "publishConfig.access": manifest.publishConfig?.access === "public",
    "publishConfig.provenance": manifest.publishConfig?.provenance === true,
    "exports['./package.json']": manifest.exports?.["./package.json"] === "./package.json",
  };
  const wrong = Object.entries(wanted).filter(([, right]) => !right);
  return wrong.map(([field]) => `package.json: ${field} is missing or wrong`);
}

/** `tsc -b` builds along the references, so they must match the dependencies. */
export function findReferenceProblems({ folder, manifest, tsconfig }, packages, rootTsconfig) {
  if (!tsconfig) return [];
  const compiled = packages.filter((other) => other.tsconfig);
  const needed = { ...manifest.dependencies, ...manifest.peerDependencies };
  const wanted = compiled.filter((other) => other.manifest.name in needed).map((other) => `../${other.folder}`);
  const present = (tsconfig.references ?? []).map((reference) => reference.path);
  const listed = rootTsconfig.references.some((reference) => reference.path === `packages/${folder}`);
  return [
    ...(listed ? [] : [`the root tsconfig.json does not reference packages/${folder}`]),
    ...wanted.filter((path) => !present.includes(path)).map((path) => `tsconfig.json: no reference to ${path}`),
    ...present
      .filter((path) => !wanted.includes(path))
      .map((path) => `tsconfig.json: references ${path}, which is no (peer) dependency`),
  ];
}

/** Every package that the published sources import must be a dependency. */
export function findImportProblems({ path, manifest }) {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, [manifest.name]: "itself" };
  const source = join(path, "src");
  const files = existsSync(source) ? readdirSync(source, { recursive: true, encoding: "utf8" }) : [];
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(source, file), "utf8"), true, true);
      return importedFiles
        .map((imported) => imported.fileName)
        .filter((name) => !name.startsWith(".") && !isBuiltin(name) && !(packageOf(name) in declared))
        .map((name) => `src/${file} imports ${name}, which is no (peer) dependency`);
    });
}

function packageOf(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
