import type { CommandContext } from "./command-context.js";
import { printable } from "./printable.js";

/** Prints the answer of a command: lines of text, or one JSON document. */
export function printAnswer(
  { stdout }: CommandContext,
  { json: wantsJson }: { readonly json?: boolean },
  text: string | readonly string[],
  json: unknown,
): void {
  if (wantsJson) return void stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  for (const line of typeof text === "string" ? [text] : text) stdout.write(`${printable(line)}\n`);
}
