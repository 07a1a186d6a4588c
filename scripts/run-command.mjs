import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./workspace.mjs";

/**
 * Runs a command in the repository's folder and resolves when it has ended, whatever its exit code. The exit code is 127 if
 * it cannot be started. Its output goes to the terminal, or with `capture` into `output` (stdout and stderr together).
 *
 * The command does not get the settings of `npm run` (`npm_config_…`): they are meant for npm, but pnpm and npx would obey
 * them.
 *
 * @param {readonly string[]} command
 * @param {{ capture?: boolean, cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<{ exitCode: number, output: string }>}
 */
export function runCommand([file, ...args], { capture = false, cwd = root, env = {} } = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name));
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (output += text));
    child.once("error", (error) => {
      if (!capture) console.error(error.message);
      resolve({ exitCode: 127, output: `${output}${error.message}\n` });
    });
    child.once("close", (code, signal) => resolve({ exitCode: code ?? 128 + constants.signals[signal], output }));
  });
}
