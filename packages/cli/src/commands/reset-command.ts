import { ConfigError } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import { toJsonEntry, zoneOf } from "../entry/entry-text.js";
import { unlessBroken } from "../entry/unless-broken.js";
import type { CommandContext } from "../output/command-context.js";
import { formatTime } from "../output/format-time.js";
import { printAnswer } from "../output/print-answer.js";

const HELP = `
Repairs an entry whose stored run state cannot be read, and frees one that waits for a moment in the far future. Its
counts of runs and skips begin at 0. Nothing is sent for the time before. An entry of the configuration that was edited
through a client is given back: the edit is undone, and later deployments change the entry again.

With --ahead it resets every entry that waits because the clock of a machine was ahead for a while: correct the clock first.

Examples:
  $ beatx reset daily-report
  $ beatx reset --ahead`;

export function addResetCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("reset")
    .description("start an entry again as if it were new, the way the configuration says")
    .argument("[entry]", "name of the entry")
    .option("--ahead", "reset all entries that wait for the clock to catch up");
  addStoreFlags(command)
    .addHelpText("after", HELP)
    .action((name: string | undefined, flags: Flags & { readonly ahead?: boolean }) => {
      if ((name === undefined) !== (flags.ahead === true)) {
        throw new ConfigError(
          "reset takes either the name of an entry or --ahead, which resets all that are ahead of the clock",
        );
      }
      return name === undefined ? resetAhead(flags, context) : resetEntry(name, flags, context);
    });
}

async function resetEntry(name: string, flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const [before, view] = await withEntry(settings, name, async (client) => {
    const stored = await client.get(name).catch(unlessBroken);
    return [stored, await client.reset(name)] as const;
  });
  const next = view.nextRunAt === null ? "never" : formatTime(view.nextRunAt, zoneOf(view, settings.timezone));
  const how = before?.overridden ? "with new counts, as the configuration says" : "with new counts";
  printAnswer(context, flags, `${name} starts again ${how}; next run: ${next}.`, toJsonEntry(view));
}

async function resetAhead(flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const names = await withClient(settings, (client) => client.resetAhead());
  const text =
    names.length === 0
      ? "no entry is ahead of the clock: nothing was reset."
      : `${names.length === 1 ? "1 entry starts" : `${names.length} entries start`} again with new counts: ${names.join(", ")}.`;
  printAnswer(context, flags, text, { reset: names });
}
