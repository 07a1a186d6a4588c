import { type Client, ConfigError } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import { unlessBroken } from "../entry/unless-broken.js";
import type { CommandContext } from "../output/command-context.js";
import type { EndWith } from "../output/exit-codes.js";
import { printAnswer } from "../output/print-answer.js";
import { forEachName, type Outcome, printOutcomes, withSuggestions } from "./many-entries.js";

const HELP = `
Refuses an entry of the configuration: remove it there, or pause it. For 7 days the store remembers which instants
were sent, so that an entry added again under the same name repeats none of them. Runs of it that were requested and not sent
yet are removed, too.

Examples:
  $ beatx remove daily-report
  $ beatx remove daily-report weekly-report`;

interface RemoveFlags extends Flags {
  readonly ifRevision?: string;
}

export function addRemoveCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("remove")
    .description("remove entries that were created through a client")
    .argument("<entries...>", "names of the entries");
  addStoreFlags(command)
    .option("--if-revision <revision>", "only if this revision is stored; with one name")
    .addHelpText("after", HELP)
    .action((names: string[], flags: RemoveFlags) => removeEntries(names, flags, context, endWith));
}

async function removeEntries(
  names: string[],
  flags: RemoveFlags,
  context: CommandContext,
  endWith: EndWith,
): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const { ifRevision } = flags;
  const [first, ...others] = names;
  if (others.length === 0) {
    const condition = ifRevision === undefined ? {} : { ifRevision };
    const { text, json } = await withEntry(settings, first!, (client) => removeEntry(client, first!, condition));
    return printAnswer(context, flags, text, { entry: first, ...json });
  }
  if (ifRevision !== undefined) {
    throw new ConfigError("--if-revision needs the name of one entry", { field: "--if-revision" });
  }
  const outcomes: readonly Outcome[] = await withClient(settings, async (client) => {
    return withSuggestions(client, await forEachName(names, (name) => removeEntry(client, name, {})));
  });
  printOutcomes(context, flags, outcomes, endWith);
}

async function removeEntry(
  client: Client,
  name: string,
  condition: { readonly ifRevision?: string },
): Promise<{ readonly text: string; readonly json: object }> {
  const view = await client.get(name).catch(unlessBroken);
  if (view?.source === "config") {
    throw new ConfigError(
      `${name} comes from the configuration of the nodes, which would create it again: remove it there, or pause it ` +
        `("beatx pause ${name}")`,
    );
  }
  await client.remove(name, condition);
  return { text: `${name} is removed: it will not be sent again.`, json: { removed: true } };
}
