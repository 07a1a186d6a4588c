import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type CellOptions, DEFAULTS } from "../cells/cell.js";
import type { CellAnswer } from "../cells/main.js";
import type { CellName } from "../cells/registry.js";
import type { Outcome } from "../figures/work-figures.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
/** The built file, also for tests, which run the sources. */
const MAIN = `${PACKAGE}/dist/cells/main.js`;
/** A million entries need more than Node's default. */
const HEAP_MB = 12_000;
const TIME_LIMIT_MS = 900_000;
const LOG_LIMIT = 2_000;

/** Runs a cell in a process of its own, which does not outlive this one. Resolves to its error if it failed or was cut off. */
export function runCell(cell: CellName, options: Partial<CellOptions>): Promise<Outcome> {
  const execArgv = ["--expose-gc", `--max-old-space-size=${HEAP_MB}`];
  const child = fork(MAIN, [], { cwd: PACKAGE, execArgv, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const limit = setTimeout(kill, TIME_LIMIT_MS);
  let log = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LOG_LIMIT)));
  }
  return new Promise((resolve) => {
    let answer: CellAnswer | undefined;
    child.on("message", (message: CellAnswer) => (answer = message));
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      process.off("exit", kill);
      const ended = `its process ended (${signal ?? `exit code ${String(code)}`}) without an answer: ${log.trim()}`;
      if (answer === undefined) resolve({ error: ended });
      else resolve("error" in answer ? { error: answer.error } : answer.result);
    });
    child.send({ cell, options: { ...DEFAULTS, ...options } });
  });
}
