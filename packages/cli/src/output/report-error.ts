import { BeatxError, type ErrorCode } from "@beatx/core";
import { CommanderError } from "commander";
import type { CommandContext } from "./command-context.js";
import { EXIT } from "./exit-codes.js";
import { printable } from "./printable.js";

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, number>>> = {
  CONFIG: EXIT.usage,
  UNKNOWN_SCHEME: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
};

/** Says on stderr what went wrong, and answers the exit code. */
export function reportError(error: unknown, { stderr }: CommandContext): number {
  // Commander has said it already; help and version are asked for that way, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (BeatxError.isInstance(error)) {
    stderr.write(`beatx: ${printable(error.message, { keepLines: true })}\n`);
    return EXIT_CODES[error.code] ?? EXIT.failure;
  }
  // Nothing that beatx foresees: whoever repairs it needs the stack.
  stderr.write(`beatx: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failure;
}
