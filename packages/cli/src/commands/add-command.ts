import { BeatxError, ConfigError, type EntryInput } from "@beatx/core";
import type { Command } from "commander";
import { addEntryFlags, type EntryFlags, readEntryFlags } from "../entry/entry-flags.js";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import { printAnswer } from "../output/print-answer.js";
import { describeNextRun, toJsonEntry } from "../entry/entry-text.js";

const HELP = `
The entry belongs to the clients: deployments do not touch it. A name that exists is refused with exit code 5: "beatx edit"
changes an entry.

Examples:
  $ beatx add cleanup --task ops.clean --schedule "0 3 * * *"
  $ beatx add report --task reports.send --schedule "0 7 * * mon-fri" --args '["daily"]' --tag reports --tag mail
  $ beatx add once --task ops.move --schedule '{"type": "clocked", "at": "2030-01-31T09:00:00Z"}' --when-done remove`;

type AddFlags = Flags & EntryFlags;

export function addAddCommand(program: Command, context: CommandContext): void {
  const command = program.command("add").description("create an entry").argument("<name>", "name of the new entry");
  addStoreFlags(addEntryFlags(command))
    .addHelpText("after", HELP)
    .action((name: string, flags: AddFlags) => addEntry(name, flags, context));
}

async function addEntry(name: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const fields = readEntryFlags(flags, context.clock.now(), settings.timezone);
  for (const field of ["task", "schedule"] as const) {
    if (fields[field] !== undefined) continue;
    const example = 'beatx add cleanup --task ops.clean --schedule "0 3 * * *"';
    throw new ConfigError(`--${field} is missing: a new entry needs a task and a schedule, as in ${example}`, {
      field,
    });
  }
  const view = await withClient(settings, async (client) => {
    try {
      return await client.put(name, fields as EntryInput, { ifRevision: null });
    } catch (cause) {
      if (!BeatxError.hasCode(cause, "CONFLICT")) throw cause;
      const shown = JSON.stringify(name);
      const wayOut = `"beatx show ${name}" shows it, "beatx edit ${name}" changes it`;
      throw new BeatxError("CONFLICT", `there is an entry ${shown} already: ${wayOut}`, { cause });
    }
  });
  const text = `${name} is added: ${view.schedule}; ${describeNextRun(view, settings.timezone)}.`;
  printAnswer(context, flags, text, toJsonEntry(view));
}
