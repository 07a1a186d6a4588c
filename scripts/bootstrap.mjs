/**
 * Prepares a fresh clone. Needs only Node and npm.
 *
 *     node scripts/bootstrap.mjs [--build] [--servers]
 *
 * Installs the dependencies if they are missing or the lockfile has changed. `--build` compiles all packages; `--servers`
 * checks the servers that the tests need, and installs missing ones if it can. Exit code 1: a part failed, and the output
 * says which; 2: a wrong option.
 */

import { flag, orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { installDependencies } from "./install-dependencies.mjs";
import { installServers } from "./install-servers.mjs";
import { runCommand } from "./run-command.mjs";
import { localTool } from "./workspace.mjs";

async function build() {
  const { exitCode } = await runCommand([localTool("tsc"), "-b"]);
  return exitCode === 0 ? undefined : "tsc -b failed with the errors above";
}

const options = orUsage(() =>
  readCommandLine(process.argv.slice(2), {
    usage: "node scripts/bootstrap.mjs [--build] [--servers]",
    options: { build: flag, servers: flag },
  }),
);
const problem =
  (await installDependencies()) ??
  (options.servers ? await installServers() : undefined) ??
  (options.build ? await build() : undefined);
if (problem) {
  console.error(problem);
  process.exitCode = 1;
}
