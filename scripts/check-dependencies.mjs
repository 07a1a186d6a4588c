/**
 * Checks what users install with the published packages: licences, install scripts, and that the lock file pins everything.
 * Reads the lock file and the installed packages, and asks no registry.
 *
 *     npm run check-dependencies
 *
 * Exit code 1 if there is a problem.
 */

import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { findDependencyProblems } from "./dependency-problems.mjs";
import { INSTALL_SCRIPTS } from "./dependency-rules.mjs";
import { readYaml } from "./read-dependencies.mjs";
import { listPackages } from "./workspace.mjs";

orUsage(() => readCommandLine(process.argv.slice(2), { usage: "npm run check-dependencies" }));
const lock = readYaml("pnpm-lock.yaml");
const published = listPackages().filter(({ manifest }) => !manifest.private);
const { installed, missing, problems } = findDependencyProblems(lock, readYaml("pnpm-workspace.yaml"), published);
for (const problem of problems) console.log(`- ${problem}`);

const licences = new Set(installed.map(({ manifest }) => manifest.license ?? "read in the package"));
console.log(
  `${Object.keys(lock.packages).length} packages pinned; ${installed.length} of them for users of the ${published.length} published packages` +
    ` and ${missing.length} for other platforms; licences: ${[...licences].sort().join(", ")}; ` +
    `install scripts: ${Object.keys(INSTALL_SCRIPTS).join(", ")}; ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
