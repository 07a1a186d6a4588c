import { BeatxError, type Client, ConfigError, type EntryView } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import type { CommandContext } from "../output/command-context.js";
import { formatTime } from "../output/format-time.js";
import { printable } from "../output/printable.js";
import { toJsonEntry, zoneOf } from "./entry-text.js";

interface Edit {
  readonly verb: string;
  readonly description: string;
  readonly help: string;
  /** Makes the edit and returns what to print, as text and as JSON. */
  run(client: Client, name: string, timezone: string): Promise<{ readonly text: string; readonly json: object }>;
}

const PAUSE: Edit = {
  verb: "pause",
  description: "keep an entry, but do not send it until it is resumed",
  help: "Instants during the pause are skipped: resuming does not send them.",
  async run(client, name) {
    const view = await client.pause(name);
    return { text: `${name} is paused: nothing is sent until "beatx resume ${name}".`, json: toJsonEntry(view) };
  },
};

const RESUME: Edit = {
  verb: "resume",
  description: "let a paused entry run again",
  help: "The entry goes on with its next instant. Instants during the pause are not sent.",
  async run(client, name, timezone) {
    const view = await client.resume(name);
    return { text: `${name} ${describeResumed(view, timezone)}.`, json: toJsonEntry(view) };
  },
};

const RESET: Edit = {
  verb: "reset",
  description: "start an entry again as if it were new, the way the configuration says",
  help: `Repairs an entry whose stored run state cannot be read, and frees one that waits for a moment in the far future. Its
counts of runs and skips begin at 0. Nothing is sent for the time before. An entry of the configuration that was edited
through a client is given back: the edit is undone, and later deployments change the entry again.

With --ahead it resets every entry that waits because the clock of a machine was ahead for a while: correct the clock first.`,
  async run(client, name, timezone) {
    const before = await client.get(name).catch(unlessBroken);
    const view = await client.reset(name);
    const next = view.nextRunAt === null ? "never" : formatTime(view.nextRunAt, zoneOf(view, timezone));
    const how = before?.overridden ? "with new counts, as the configuration says" : "with new counts";
    return { text: `${name} starts again ${how}; next run: ${next}.`, json: toJsonEntry(view) };
  },
};

const REMOVE: Edit = {
  verb: "remove",
  description: "remove an entry that was created through a client",
  help: `Refuses an entry of the configuration: remove it there, or pause it. For 7 days the store remembers which instants
were sent, so that an entry added again under the same name repeats none of them. Runs of it that were requested and not sent
yet are removed, too.`,
  async run(client, name) {
    const view = await client.get(name).catch(unlessBroken);
    if (view?.source === "config") {
      throw new ConfigError(
        `${name} comes from the configuration of the nodes, which would create it again: remove it there, or pause it ` +
          `("beatx pause ${name}")`,
      );
    }
    await client.remove(name);
    return { text: `${name} is removed: it will not be sent again.`, json: { entry: name, removed: true } };
  },
};

function describeResumed(view: EntryView, timezone: string): string {
  if (view.nextRunAt !== null) return `runs again; next run: ${formatTime(view.nextRunAt, zoneOf(view, timezone))}`;
  if (!view.active) return "is no longer paused, but disabled in its definition: nothing is sent";
  return `is no longer paused, but it is done: its schedule has no further run. "beatx run ${view.name}" sends it once`;
}

/** Lets a broken entry be removed: there is nothing to show of it. */
function unlessBroken(error: unknown): null {
  if (BeatxError.hasCode(error, "BAD_ENTRY")) return null;
  throw error;
}

/** Adds the commands that change an entry without editing the configuration. */
export function addEditCommands(program: Command, context: CommandContext): void {
  addResetCommand(program, context);
  for (const edit of [PAUSE, RESUME, REMOVE]) {
    const command = program.command(edit.verb).description(edit.description).argument("<entry>", "name of the entry");
    addStoreFlags(command)
      .addHelpText("after", `\n${edit.help}\n\nExamples:\n  $ beatx ${edit.verb} daily-report`)
      .action((name: string, flags: Flags) => editEntry(edit, name, flags, context));
  }
}

function addResetCommand(program: Command, context: CommandContext): void {
  const command = program
    .command(RESET.verb)
    .description(RESET.description)
    .argument("[entry]", "name of the entry")
    .option("--ahead", "reset all entries that wait for the clock to catch up");
  addStoreFlags(command)
    .addHelpText("after", `\n${RESET.help}\n\nExamples:\n  $ beatx reset daily-report\n  $ beatx reset --ahead`)
    .action((name: string | undefined, flags: Flags & { readonly ahead?: boolean }) => {
      if ((name === undefined) !== (flags.ahead === true)) {
        throw new ConfigError(
          "reset takes either the name of an entry or --ahead, which resets all that are ahead of the clock",
        );
      }
      return name === undefined ? resetAhead(flags, context) : editEntry(RESET, name, flags, context);
    });
}

async function resetAhead(flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const names = await withClient(settings, (client) => client.resetAhead());
  const text =
    names.length === 0
      ? "no entry is ahead of the clock: nothing was reset."
      : `${names.length === 1 ? "1 entry starts" : `${names.length} entries start`} again with new counts: ${names.join(", ")}.`;
  context.stdout.write(flags.json ? `${JSON.stringify({ reset: names }, null, 2)}\n` : `${printable(text)}\n`);
}

async function editEntry(edit: Edit, name: string, flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const { text, json } = await withEntry(settings, name, (client) => edit.run(client, name, settings.timezone));
  context.stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : `${printable(text)}\n`);
}
