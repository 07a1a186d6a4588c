import { BeatxError, type ErrorCode } from "@beatx/core";
import { CommanderError } from "commander";
import type { CommandContext } from "./command-context.js";
import { EXIT } from "./exit-codes.js";
import { printable } from "./printable.js";

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, number>>> = {
  CONFIG: EXIT.usage,
  UNKNOWN_SCHEME: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
  CONFLICT: EXIT.conflict,
};

/** The exit code of a failure. */
export function exitCodeOf(error: BeatxError): number {
  return EXIT_CODES[error.code] ?? EXIT.failure;
}

/** Prints the error to stderr and returns the exit code. */
export function reportError(error: unknown, { stderr }: CommandContext): number {
  // Commander has already printed its message. `--help` and `--version` end this way, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (BeatxError.isInstance(error)) {
    stderr.write(`beatx: ${printable(error.message, { keepLines: true })}\n`);
    return exitCodeOf(error);
  }
  // Unforeseen, so probably a bug: the stack helps to repair it.
  stderr.write(`beatx: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failure;
}
