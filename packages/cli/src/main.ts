/** Run by `bin/beatx.js`: connects the program to the streams, signals and exit of the process. */

import { text } from "node:stream/consumers";
import { createInterface } from "node:readline/promises";

import { systemClock } from "@beatx/core";
import type { StopSignal } from "./output/command-context.js";
import { runProgram } from "./program.js";

const SIGNALS: readonly StopSignal[] = ["SIGTERM", "SIGINT", "SIGHUP"];

function onSignal(listener: (signal: StopSignal) => void): () => void {
  const listen = (signal: NodeJS.Signals): void => {
    listener(signal as StopSignal);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return () => SIGNALS.forEach((signal) => process.off(signal, listen));
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

// A reader that closes the pipe early (beatx list | head) is not a failure.
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
  stores: [],
  env: process.env,
  confirm,
  readStdin: () => text(process.stdin),
  onSignal,
  exit: (code) => process.exit(code),
});

// A connection opened by the configuration's code must not keep a finished process alive, least of all a node that could
// not start. The output is flushed first.
process.stdout.write("", () => process.stderr.write("", () => process.exit()));
