/**
 * Gets a fresh clone ready. Needs Node and npm only.
 *
 *     node scripts/bootstrap.mjs [--build] [--servers]
 *
 * Installs the dependencies when they are missing or the lockfile has changed. `--build` compiles all packages,
 * `--servers` makes sure that the servers which the tests start are installed. Exit code 1: something could not be had,
 * the text says what; 2: an unknown option.
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
  return exitCode === 0 ? undefined : "tsc -b found the errors above";
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
