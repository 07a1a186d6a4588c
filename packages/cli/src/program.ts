import type { Importer } from "@beatx/import";
import { Command } from "commander";
import { addAddCommand } from "./commands/add-command.js";
import { addApplyCommand } from "./commands/apply-command.js";
import { addBackfillCommand } from "./commands/backfill-command.js";
import { addCompletionCommand } from "./commands/completion-command.js";
import { addDiffCommand } from "./commands/diff-command.js";
import { addEditCommand } from "./commands/edit-command.js";
import { addExportCommand, addReleaseCommand } from "./commands/export-command.js";
import { addHistoryCommand } from "./commands/history-command.js";
import { addImportCommand } from "./commands/import-command.js";
import { addListCommand } from "./commands/list-command.js";
import { addNextCommand } from "./commands/next-command.js";
import { addPauseCommand, addResumeCommand } from "./commands/pause-commands.js";
import { addRemoveCommand } from "./commands/remove-command.js";
import { addResetCommand } from "./commands/reset-command.js";
import { addRunCommand } from "./commands/run-command.js";
import { addShowCommand } from "./commands/show-command.js";
import { addSimulateCommand } from "./commands/simulate-command.js";
import { addStartCommand } from "./commands/start-command.js";
import { addStatusCommand } from "./commands/status-command.js";
import { version } from "./commands/version.js";
import { findImporters } from "./configuration/find-importers.js";
import type { CommandContext } from "./output/command-context.js";
import { type EndWith, EXIT } from "./output/exit-codes.js";
import { reportError } from "./output/report-error.js";

const AFTER_HELP = `
Exit codes:
  0  success
  1  a failure while running, such as a store that does not answer
  2  a wrong option, argument or configuration
  3  no entry has that name
  4  the answer names a problem: messages do not arrive, or will not (status, run, backfill),
     or an entry cannot be imported (import)
  5  a conflict: somebody else changed the entry meanwhile, or it is there already (add, edit, --if-revision)
  As of diff(1), "beatx diff" ends with 1 if there is a difference, and with 2 for every failure.
With several entries the exit code is that of the worst: 1, 2, 5, 3, 4 in this order.

Examples:
  $ beatx start                  runs a node with the beat.config.* of this folder
  $ beatx status                 who leads and what runs next
  $ beatx list --json            all entries, for a script
  $ beatx next daily-report      the next runs of one entry
  $ beatx add ping --task ops.ping --schedule 30s
  $ beatx pause --tag reports --note "db upgrade" --until +2h
  $ beatx history daily-report   its last runs, and which node sent them
  $ beatx simulate --timeline    draws the next 24 hours
Each command has its own help: beatx start --help`;

/** Runs a command line. Resolves to the exit code, never rejects. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  try {
    // Each kind is a command of its own, with its options: only this command, and its completion, need their package.
    const importers = args.includes("import") ? await findImporters(context.cwd) : [];
    const program = createProgram(context, (code) => (exitCode = code), importers);
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return reportError(error, context);
  }
}

function createProgram(context: CommandContext, endWith: EndWith, importers: readonly Importer[] | null): Command {
  const program = new Command("beatx")
    .description("A scheduler of periodic tasks that survives the death of any node.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", AFTER_HELP)
    // Commands added below inherit these two.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      outputError: (text, write) => write(`beatx: ${oneLine(withoutValues(text))}\n`),
    });
  addStartCommand(program, context);
  addStatusCommand(program, context, endWith);
  addListCommand(program, context);
  addNextCommand(program, context);
  addHistoryCommand(program, context);
  addSimulateCommand(program, context);
  addDiffCommand(program, context, endWith);
  addApplyCommand(program, context);
  addShowCommand(program, context);
  addAddCommand(program, context);
  addEditCommand(program, context);
  addRemoveCommand(program, context, endWith);
  addPauseCommand(program, context, endWith);
  addResumeCommand(program, context, endWith);
  addRunCommand(program, context, endWith);
  addBackfillCommand(program, context, endWith);
  addResetCommand(program, context);
  addExportCommand(program, context, endWith);
  addReleaseCommand(program, context);
  addImportCommand(program, context, endWith, importers);
  addCompletionCommand(program, context);
  return program;
}

/** Commander quotes what it refuses, which may be a URI: only a plain word or the name of an option is shown. */
function withoutValues(text: string): string {
  const quoted = /(unknown option|unknown command|argument|value) '(.*)'(?=$|\n| is invalid| from env)/s;
  return text.replace(quoted, (_whole, what: string, value: string) => {
    const name = what === "unknown option" ? value.split("=")[0]! : value;
    return `${what} ${/^[\w.-]{1,40}$/.test(name) ? `'${name}'` : "***"}`;
  });
}

/** Joins the message with Commander's suggestion, which comes on a line of its own. */
function oneLine(text: string): string {
  const words = text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
  return `${words.replace(/\.$/, "")}; see beatx --help, or the command's own --help`;
}
