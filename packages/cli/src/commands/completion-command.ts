import type { Client } from "@beatx/core";
import { Argument, type Command } from "commander";
import { COMPLETE, FILES, SCRIPTS, type Shell, SHELLS } from "../completion/shell-scripts.js";
import { type Candidate, findWanted, type Wanted } from "../completion/wanted.js";
import type { Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";

const HELP = `
It completes commands, flags and the names of entries and tags, which it reads from the store that the folder's configuration,
BEATX_STORE or the flags name. A store that does not answer within a second completes nothing.

Examples:
  $ beatx completion bash >> ~/.bashrc
  $ beatx completion zsh > ~/.zfunc/_beatx                    in a folder of $fpath
  $ beatx completion fish > ~/.config/fish/completions/beatx.fish`;

/** A shell waits for the answer while somebody types. */
const DEADLINE_MS = 1_000;
/** More names than anybody reads. */
const MOST_NAMES = 200;

export function addCompletionCommand(program: Command, context: CommandContext): void {
  program
    .command("completion")
    .description("print a script that completes commands, flags and entry names in a shell")
    .addArgument(new Argument("<shell>", "the shell that loads the script").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((shell: Shell) => void context.stdout.write(SCRIPTS[shell]));
  program
    .command(COMPLETE, { hidden: true })
    .argument("[words...]")
    .action((words: string[]) => complete(program, words, context));
}

/** Prints what completes the last of the words. It never fails: a shell has no place for an error. */
async function complete(program: Command, words: readonly string[], context: CommandContext): Promise<void> {
  const { wanted, flags } = findWanted(program, words);
  if (wanted.kind === "files") return void context.stdout.write(`${FILES}\n`);
  const candidates = wanted.kind === "words" ? wanted.words : await readInTime(wanted, flags, context);
  context.stdout.write(candidates.map(toLine).join(""));
}

/** A name with a line break or a tab cannot be completed. */
function toLine({ word, description }: Candidate): string {
  if (/[\p{Cc}\u2028\u2029]/u.test(word)) return "";
  return description === "" ? `${word}\n` : `${word}\t${description.replaceAll(/\s+/g, " ")}\n`;
}

type Stored = Exclude<Wanted, { readonly kind: "words" | "files" }>;

function readInTime(wanted: Stored, typed: Flags, context: CommandContext): Promise<readonly Candidate[]> {
  return new Promise((resolve) => {
    const timer = context.clock.setTimer(() => resolve([]), DEADLINE_MS);
    const end = (candidates: readonly Candidate[]): void => {
      timer.cancel();
      resolve(candidates);
    };
    readStored(wanted, typed, context).then(end, () => end([]));
  });
}

async function readStored(
  { kind, typed, before }: Stored,
  { config, store, namespace }: Flags,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  const given = {
    ...(config === undefined ? {} : { config }),
    ...(namespace === undefined ? {} : { namespace }),
    ...withStore(store, context),
  };
  const silent = { ...context, stderr: { write: () => undefined } };
  const settings = await readStoreSettings({ ...given, commandTimeoutMs: DEADLINE_MS }, silent);
  return withClient(settings, async (client) => {
    const words = kind === "entries" ? await namesOf(client, typed) : await tagsOf(client, typed);
    return words.map(({ word, description }) => ({ word: before + word, description }));
  });
}

/** The flag, or what takes its place for the other commands. */
function withStore(store: Flags["store"], { env }: CommandContext): Flags {
  const named = store ?? env["BEATX_STORE"];
  return named === undefined || named === "" ? {} : { store: named };
}

async function namesOf(client: Client, prefix: string): Promise<Candidate[]> {
  const views = await client.list({ prefix, limit: MOST_NAMES });
  return views.map(({ name, schedule }) => ({ word: name, description: schedule }));
}

async function tagsOf(client: Client, prefix: string): Promise<Candidate[]> {
  const tags = new Set((await client.list()).flatMap((view) => view.tags));
  const found = [...tags].filter((tag) => tag.startsWith(prefix)).sort();
  return found.map((word) => ({ word, description: "" }));
}
