/** What `bin/beatx.js` runs: the one file that knows the process. */

import { systemClock } from "@beatx/core";
import type { StopSignal } from "./output/command-context.js";
import { runProgram } from "./program.js";

const SIGNALS: readonly StopSignal[] = ["SIGTERM", "SIGINT"];

function onSignal(listener: (signal: StopSignal) => void): () => void {
  const listen = (signal: NodeJS.Signals): void => {
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

// A connection that a function of the configuration has opened must not keep alive what is over, least of all a node that
// could not start. What was printed goes out first.
process.stdout.write("", () => process.stderr.write("", () => process.exit()));
