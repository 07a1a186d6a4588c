/** What `bin/beatx.js` runs: the one file that knows the process. */

import { systemClock } from "@beatx/core";
import type { StopSignal } from "./command-context.js";
import { runProgram } from "./program.js";

const SIGNALS: readonly StopSignal[] = ["SIGTERM", "SIGINT"];

let isSignalled = false;

function onSignal(listener: (signal: StopSignal) => void): () => void {
  const listen = (signal: NodeJS.Signals): void => {
    isSignalled = true;
    listener(signal as StopSignal);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return () => SIGNALS.forEach((signal) => process.off(signal, listen));
}

// Whoever reads the output may stop reading (beatx list | head); that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  clock: systemClock,
  env: process.env,
  onSignal,
  exit: (code) => process.exit(code),
});

// A node that was asked to end, and has handed its lease over, must not be kept alive by a connection that a function
// of the configuration has opened. What it has printed goes out first.
if (isSignalled) process.stdout.write("", () => process.exit());
