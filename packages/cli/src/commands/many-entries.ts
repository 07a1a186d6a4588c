/** Commands on several entries: a line for each, and the exit code of the worst. */

import { BeatxError, type Client, ConfigError, type EditResult, type EntrySelector } from "@beatx/core";
import type { Command } from "commander";
import type { Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { noEntry, withEntry } from "../configuration/with-entry.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { printAnswer } from "../output/print-answer.js";
import { printable } from "../output/printable.js";
import { exitCodeOf } from "../output/report-error.js";

/** The flags that name many entries by what they have in common. */
export interface SelectorFlags {
  readonly tag?: string;
  readonly prefix?: string;
  readonly all?: boolean;
}

export function addSelectorFlags(command: Command): Command {
  return command
    .option("--tag <tag>", "all entries with this tag")
    .option("--prefix <text>", "all entries whose names begin with this text")
    .option("--all", "all entries");
}

/** Which entries a command is about. @throws ConfigError unless either names or one flag is given */
export function readSelection(names: readonly string[], { tag, prefix, all }: SelectorFlags): EntrySelector {
  const given: readonly (EntrySelector | null)[] = [
    names.length === 0 ? null : { names: unique(names) },
    tag === undefined ? null : { tag },
    prefix === undefined ? null : { prefix },
    all === true ? { all } : null,
  ];
  const [first, ...others] = given.filter((selector) => selector !== null);
  if (first !== undefined && others.length === 0) return first;
  const message = "expected the names of entries, or one of --tag, --prefix and --all";
  throw new ConfigError(first === undefined ? message : `${message}, not several of them`, { field: "entries" });
}

export function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** What became of one entry. */
export interface Outcome {
  readonly name: string;
  /** `null`: it is done. */
  readonly error: BeatxError | null;
  /** What to print if it is done. */
  readonly text?: string | readonly string[];
  readonly json?: object;
  /** Default: that of the error. */
  readonly exitCode?: number;
}

/** Does the same for one name after the other; an error of one keeps no other from it, unless the store fails. */
async function forEachName(
  names: readonly string[],
  run: (name: string) => Promise<Omit<Outcome, "name" | "error">>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const name of unique(names)) {
    try {
      outcomes.push({ name, error: null, ...(await run(name)) });
    } catch (error) {
      if (!BeatxError.isInstance(error) || BeatxError.hasCode(error, "STORE")) throw error;
      outcomes.push({ name, error });
    }
  }
  return outcomes;
}

/** What one command works with. */
export interface Surroundings {
  readonly settings: Settings;
  readonly flags: { readonly json?: boolean };
  readonly context: CommandContext;
  readonly endWith: EndWith;
}

/** What there is to say of an entry that is done. */
type Done = Required<Pick<Outcome, "text" | "json">> & Pick<Outcome, "exitCode">;

/** Does the same for each name: a single one is answered alone, and its error is the command's; several have a line each. */
export async function runForNames(
  names: readonly string[],
  { settings, flags, context, endWith }: Surroundings,
  run: (client: Client, name: string) => Promise<Done>,
): Promise<void> {
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) {
    const { text, json, exitCode = EXIT.ok } = await withEntry(settings, only, (client) => run(client, only));
    printAnswer(context, flags, text, { entry: only, ...json });
    return endWith(exitCode);
  }
  const outcomes = await withClient(settings, async (client) => {
    return withSuggestions(client, await forEachName(names, (name) => run(client, name)));
  });
  printOutcomes(context, flags, outcomes, endWith);
}

/** The condition of an edit of one entry. @throws ConfigError for `--if-revision` with several. */
export function readCondition(ifRevision: string | undefined, isOne: boolean): { readonly ifRevision?: string } {
  if (ifRevision === undefined) return {};
  if (isOne) return { ifRevision };
  throw new ConfigError("--if-revision needs the name of one entry", { field: "--if-revision" });
}

/** The same outcomes; the errors of names that do not exist say which one was probably meant. */
export async function withSuggestions(client: Client, outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
  const isMissing = ({ error }: EditResult): boolean => BeatxError.hasCode(error, "NOT_FOUND");
  if (!outcomes.some(isMissing)) return outcomes;
  const names = (await client.list()).map(({ name }) => name);
  return outcomes.map((outcome) => {
    return isMissing(outcome)
      ? { ...outcome, error: new BeatxError("NOT_FOUND", noEntry(outcome.name, names)) }
      : outcome;
  });
}

/** The exit codes, the worst first. */
const WORST_FIRST = [EXIT.failure, EXIT.usage, EXIT.conflict, EXIT.notFound, EXIT.unhealthy];

/** Prints a line, or an item of a JSON array, for each entry. */
export function printOutcomes(
  { stdout, stderr }: CommandContext,
  { json: wantsJson }: { readonly json?: boolean },
  outcomes: readonly Outcome[],
  endWith: EndWith,
): void {
  if (wantsJson) stdout.write(`${JSON.stringify(outcomes.map(toJson), null, 2)}\n`);
  else {
    for (const { text, error } of outcomes) {
      if (error !== null) stderr.write(`beatx: ${printable(error.message)}\n`);
      else for (const line of [text ?? []].flat()) stdout.write(`${printable(line)}\n`);
    }
  }
  const codes = new Set(
    outcomes.map(({ error, exitCode }) => exitCode ?? (error === null ? EXIT.ok : exitCodeOf(error))),
  );
  endWith(WORST_FIRST.find((code) => codes.has(code)) ?? EXIT.ok);
}

function toJson({ name, error, json }: Outcome): object {
  return error === null
    ? { entry: name, ...json }
    : { entry: name, error: { code: error.code, message: error.message } };
}

/** What to say if a selector matches nothing. */
export function describeNoMatch(selector: EntrySelector): string {
  if ("tag" in selector) return `no entry has the tag ${JSON.stringify(selector.tag)}: see "beatx list --wide"`;
  if ("prefix" in selector) return `no entry has a name that begins with ${JSON.stringify(selector.prefix)}`;
  return "no entries are stored";
}
