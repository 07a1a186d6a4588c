import { type Client, ConfigError } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { unlessBroken } from "../entry/unless-broken.js";
import type { CommandContext } from "../output/command-context.js";
import type { EndWith } from "../output/exit-codes.js";
import { readCondition, runForNames } from "./many-entries.js";

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
  const condition = readCondition(flags.ifRevision, names.length === 1);
  await runForNames(names, { settings, flags, context, endWith }, (client, name) =>
    removeEntry(client, name, condition),
  );
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
