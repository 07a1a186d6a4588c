/**
 * Checks what users install with the published packages: licences, install scripts, and that the lock file pins everything.
 * Reads the lock file and the installed packages, and asks no registry.
 *
 *     npm run check-dependencies
 *
 * Exit code 1 if there is a problem.
 */

import {
  findLicenceProblems,
  findPinProblems,
  findScriptProblems,
  findSpecifierProblems,
  INSTALL_SCRIPTS,
} from "./dependency-rules.mjs";
import { readDependencies, readYaml } from "./read-dependencies.mjs";
import { listPackages } from "./workspace.mjs";

const lock = readYaml("pnpm-lock.yaml");
const { onlyBuiltDependencies = [], ignoredBuiltDependencies = [] } = readYaml("pnpm-workspace.yaml");
const published = listPackages().filter(({ manifest }) => !manifest.private);
const { installed, missing, problems } = readDependencies(lock, published);

const found = [
  ...problems,
  ...findPinProblems(lock),
  ...findSpecifierProblems(lock),
  ...findLicenceProblems(installed),
  ...findScriptProblems(installed, ignoredBuiltDependencies),
  ...onlyBuiltDependencies.map((name) => `pnpm-workspace.yaml lets the install script of ${name} run`),
];
for (const problem of found) console.log(`- ${problem}`);

const licences = new Set(installed.map(({ manifest }) => manifest.license ?? "read in the package"));
console.log(
  `${Object.keys(lock.packages).length} packages pinned; ${installed.length} of them for users of the ${published.length} published packages` +
    ` and ${missing.length} for other platforms; licences: ${[...licences].sort().join(", ")}; ` +
    `install scripts: ${Object.keys(INSTALL_SCRIPTS).join(", ")}; ${found.length} problems`,
);
process.exitCode = found.length === 0 ? 0 : 1;
