import type { Command } from "commander";
import { addConfigVersionFlag, addStoreFlags, type Flags } from "../configuration/flags.js";
import { readSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import { diffToText, isDifferent, paintFor } from "../output/diff-text.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { reportError } from "../output/report-error.js";

const EXAMPLES = `
Examples:
  $ beatx diff
  $ beatx diff --config deploy/beat.config.yaml --app billing
  $ beatx diff --json | jq -r '.removed[].name'

+ is not stored yet, - is stored and no longer in the file, ~ differs, ! was created or edited by a client and stays so:
"beatx reset NAME" gives an edited one back to the file. Nothing is written.

Exit code 0: no difference. 1: they differ. 2: a failure of any kind.`;

/** The exit codes of diff(1). */
const DIFFERENT = 1;

export function addDiffCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("diff")
    .description("show how the schedule of the configuration file differs from the stored one");
  addConfigVersionFlag(addStoreFlags(command))
    .addHelpText("after", EXAMPLES)
    .action(async (flags: Flags) => {
      try {
        endWith((await showDiff(flags, context)) ? DIFFERENT : EXIT.ok);
      } catch (error) {
        reportError(error, context);
        endWith(EXIT.usage);
      }
    });
}

/** Answers whether they differ. */
async function showDiff(flags: Flags, context: CommandContext): Promise<boolean> {
  const settings = await readSettings(flags, context);
  const diff = await withClient(settings, (client) => client.diff());
  context.stdout.write(flags.json ? `${JSON.stringify(diff, null, 2)}\n` : diffToText(diff, paintFor(context)));
  return isDifferent(diff);
}
