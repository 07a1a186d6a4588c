/**
 * Asks the registry for known vulnerabilities of what users install with the published packages.
 *
 *     npm run audit
 *
 * Exit code 1 if it knows one. If it refuses the question or does not answer, the output says so and that nothing was
 * checked, and the exit code is 0: that is no fault of the code.
 */

import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { readAudit } from "./read-audit.mjs";
import { runCommand } from "./run-command.mjs";
import { pnpmCommand } from "./workspace.mjs";

orUsage(() => readCommandLine(process.argv.slice(2), { usage: "npm run audit" }));
const { output } = await runCommand([...pnpmCommand(), "audit", "--prod", "--json"], { capture: true });
const { lines, isChecked, isFine } = readAudit(output);
for (const line of lines) console.log(line);
// GitHub shows this at the top of the run, where a green step would hide it.
if (!isChecked && process.env.GITHUB_ACTIONS) console.log(`::warning title=No audit::${lines.join(" ")}`);
process.exitCode = isFine ? 0 : 1;
