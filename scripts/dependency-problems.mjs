import {
  findLicenceProblems,
  findPinProblems,
  findScriptProblems,
  findSpecifierProblems,
} from "./dependency-rules.mjs";
import { readDependencies } from "./read-dependencies.mjs";

/**
 * Applies all rules to what users of the published packages install, and to the lock file.
 *
 * @param {object} lock the parsed pnpm-lock.yaml
 * @param {{ onlyBuiltDependencies?: string[], ignoredBuiltDependencies?: string[] }} workspace pnpm-workspace.yaml
 * @param {readonly { path: string, folder: string, manifest: object }[]} published
 * @returns {{ installed: { id: string, manifest: object }[], missing: string[], problems: string[] }}
 */
export function findDependencyProblems(lock, workspace, published) {
  const { onlyBuiltDependencies = [], ignoredBuiltDependencies = [] } = workspace;
  const { installed, missing, problems } = readDependencies(lock, published);
  return {
    installed,
    missing,
    problems: [
      ...problems,
      ...findPinProblems(lock),
      ...findSpecifierProblems(lock),
      ...findLicenceProblems(installed),
      ...findScriptProblems(installed, ignoredBuiltDependencies),
      ...onlyBuiltDependencies.map((name) => `pnpm-workspace.yaml lets the install script of ${name} run`),
    ],
  };
}
