import type { ScheduleDiff } from "@beatx/core";
import type { Command } from "commander";
import { addConfigVersionFlag, addStoreFlags, type Flags } from "../configuration/flags.js";
import { readSettings, type Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import { diffToText, paintFor } from "../output/diff-text.js";

const EXAMPLES = `
Examples:
  $ beatx apply --dry-run
  $ beatx apply --app billing --config-version 8
  $ beatx apply --prune --json

Writes the entries of the configuration file, by the rule of a node that starts with it. No node has to run. Entries that the
file no longer has stay unless --prune ends them; those that clients created or edited stay as they are.

From then on running nodes of an older configuration of the application change nothing. Without "app" give a
"configVersion": otherwise the next node that takes over merges its own configuration again.`;

interface ApplyFlags extends Flags {
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

export function addApplyCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("apply")
    .description("write the schedule of the configuration file into the store, without a node");
  addConfigVersionFlag(addStoreFlags(command))
    .option("--prune", "also end entries that the file no longer has")
    .option("--dry-run", "write nothing: show what would be done")
    .addHelpText("after", EXAMPLES)
    .action((flags: ApplyFlags) => apply(flags, context));
}

async function apply(flags: ApplyFlags, context: CommandContext): Promise<void> {
  const settings = await readSettings(flags, context);
  const { prune = false, dryRun = false } = flags;
  // eslint-disable-next-line prefer-spread -- this "apply" writes a schedule
  const diff = await withClient(settings, (client) => client.apply(undefined, { prune, dryRun }));
  if (flags.json) context.stdout.write(`${JSON.stringify({ dryRun, prune, ...diff }, null, 2)}\n`);
  else context.stdout.write(diffToText(diff, paintFor(context)) + describeOutcome(diff, flags, settings));
}

function describeOutcome({ removed }: ScheduleDiff, { prune, dryRun }: ApplyFlags, { options }: Settings): string {
  const kept = removed.length > 0 && !prune ? [`vanished entries stay: --prune ends them`] : [];
  const needsVersion = options.app === undefined && options.configVersion === undefined;
  const outdated = needsVersion
    ? ["a node that takes over with another configuration merges that: give a configVersion"]
    : [];
  const lines = [dryRun ? "nothing was written (--dry-run)" : "written", ...kept, ...outdated];
  return lines.map((line) => `${line}\n`).join("");
}
