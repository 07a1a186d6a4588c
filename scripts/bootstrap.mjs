/**
 * Prepares a fresh clone. Needs only Node and npm.
 *
 *     node scripts/bootstrap.mjs [--build] [--servers]
 *
 * Installs the dependencies if they are missing or the lockfile has changed. `--build` compiles all packages; `--servers`
 * checks the servers that the tests need, and installs missing ones if it can. Exit code 1: a part failed, and the output
 * says which; 2: an unknown option.
 */

import { parseArgs } from "node:util";
import { installDependencies } from "./install-dependencies.mjs";
import { installServers } from "./install-servers.mjs";
import { runCommand } from "./run-command.mjs";
import { localTool } from "./workspace.mjs";

function readOptions() {
  try {
    return parseArgs({ options: { build: { type: "boolean" }, servers: { type: "boolean" } } }).values;
  } catch (error) {
    console.error(`${error.message}\nusage: node scripts/bootstrap.mjs [--build] [--servers]`);
    return process.exit(2);
  }
}

async function build() {
  const { exitCode } = await runCommand([localTool("tsc"), "-b"]);
  return exitCode === 0 ? undefined : "tsc -b failed with the errors above";
}

const options = readOptions();
const problem =
  (await installDependencies()) ??
  (options.servers ? await installServers() : undefined) ??
  (options.build ? await build() : undefined);
if (problem) {
  console.error(problem);
  process.exitCode = 1;
}
