/** What a shell should offer for a command line that is being typed: a pure function of the program's commands and flags. */

import type { Argument, Command, Option } from "commander";

/** A word that the shell may insert, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What completes the last word. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  /** Of the store. `typed`: how the name or tag begins; `before`: the part of the word that comes before it. */
  | { readonly kind: "entries" | "tags"; readonly typed: string; readonly before: string }
  | { readonly kind: "files" };

export interface Completion {
  readonly wanted: Wanted;
  /** The flags with a value that were typed, by the names of the parsed options: they say where the store is. */
  readonly flags: Readonly<Record<string, string>>;
}

const NOTHING: Wanted = { kind: "words", words: [] };
const FILE_FLAGS = new Set(["--config", "--file"]);
const ENTRY_FLAGS = new Set(["--entry", "--after"]);
const FILE_ARGUMENTS = new Set(["file"]);
const ENTRY_ARGUMENTS = new Set(["entry", "entries"]);

/** `words`: what was typed after the name of the program, up to the cursor; the last one is to be completed. */
export function findWanted(program: Command, words: readonly string[]): Completion {
  const typed = words.at(-1) ?? "";
  const at = words.findIndex((word) => !word.startsWith("-"));
  if (at < 0 || at === words.length - 1) return { wanted: topLevel(program, typed), flags: {} };
  const command = program.commands.find((each) => each.name() === words[at]);
  if (!command) return { wanted: NOTHING, flags: {} };
  if (command.commands.length > 0) return findWanted(command, words.slice(at + 1));
  const { flags, given, operands, waiting } = readTyped(command, words.slice(at + 1, -1));
  return { wanted: wantedOf(command, typed, { given, operands, waiting }), flags };
}

function topLevel(program: Command, typed: string): Wanted {
  if (typed.startsWith("-")) return beginningWith(typed, flagsOf(program, new Set()));
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => ({ word: command.name(), description: command.description() }));
  return beginningWith(typed, names);
}

interface Typed {
  readonly flags: Readonly<Record<string, string>>;
  /** The flags that were typed. */
  readonly given: ReadonlySet<Option>;
  readonly operands: readonly string[];
  /** The flag whose value is to be completed. */
  readonly waiting: Option | undefined;
}

function readTyped(command: Command, words: readonly string[]): Typed {
  const flags: Record<string, string> = {};
  const given = new Set<Option>();
  const operands: string[] = [];
  let waiting: Option | undefined;
  for (const word of words) {
    const [name, value] = splitFlag(word);
    const option = command.options.find(({ short, long }) => short === name || long === name);
    if (waiting) {
      flags[waiting.attributeName()] = word;
      waiting = undefined;
    } else if (option) {
      given.add(option);
      if (value !== undefined) flags[option.attributeName()] = value;
      else if (option.required) waiting = option;
    } else if (!word.startsWith("-")) operands.push(word);
  }
  return { flags, given, operands, waiting };
}

/** `--tag=a` has its value in the same word. */
function splitFlag(word: string): readonly [name: string, value: string | undefined] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function wantedOf(command: Command, typed: string, { given, operands, waiting }: Omit<Typed, "flags">): Wanted {
  if (waiting) return valueOf(waiting, typed, "");
  const [name, value] = splitFlag(typed);
  if (value !== undefined) {
    const option = command.options.find(({ long }) => long === name);
    return option ? valueOf(option, value, `${name}=`) : NOTHING;
  }
  if (typed.startsWith("-")) return beginningWith(typed, flagsOf(command, given));
  const argument = argumentAt(command.registeredArguments, operands.length);
  if (!argument) return NOTHING;
  if (FILE_ARGUMENTS.has(argument.name())) return { kind: "files" };
  if (ENTRY_ARGUMENTS.has(argument.name())) return { kind: "entries", typed, before: "" };
  return beginningWith(typed, asCandidates(argument.argChoices));
}

function argumentAt(known: readonly Argument[], index: number): Argument | undefined {
  const last = known.at(-1);
  return known[index] ?? (last?.variadic ? last : undefined);
}

function valueOf({ long, argChoices }: Option, typed: string, before: string): Wanted {
  if (long === "--tag") return { kind: "tags", typed, before };
  if (ENTRY_FLAGS.has(long ?? "")) return { kind: "entries", typed, before };
  if (FILE_FLAGS.has(long ?? "")) return { kind: "files" };
  const values = asCandidates(argChoices).map(({ word, description }) => ({ word: before + word, description }));
  return beginningWith(before + typed, values);
}

/** The flags that may still be typed: those that come once only if they are not there yet. */
function flagsOf(command: Command, given: ReadonlySet<Option>): Candidate[] {
  const options = command.createHelp().visibleOptions(command);
  const open = options.filter((option) => !given.has(option) || option.parseArg !== undefined);
  return open.flatMap(({ long, description }) => (long ? [{ word: long, description }] : []));
}

function asCandidates(words: readonly string[] = []): Candidate[] {
  return words.map((word) => ({ word, description: "" }));
}

function beginningWith(typed: string, words: readonly Candidate[]): Wanted {
  return { kind: "words", words: words.filter(({ word }) => word.startsWith(typed)) };
}
