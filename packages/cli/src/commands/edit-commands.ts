import { type Client, ConfigError } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import { formatTime } from "../output/format-time.js";
import { printable } from "../output/printable.js";
import { toJsonEntry, zoneOf } from "./entry-text.js";

interface Edit {
  readonly verb: string;
  readonly description: string;
  readonly help: string;
  /** Does it; answers what to print, for people and as JSON. */
  run(client: Client, name: string, timezone: string): Promise<{ readonly text: string; readonly json: object }>;
}

const PAUSE: Edit = {
  verb: "pause",
  description: "keep an entry, but send nothing of it until it is resumed",
  help: "What would have been due meanwhile is not owed after the resume.",
  async run(client, name) {
    const view = await client.pause(name);
    return { text: `${name} is paused: nothing is sent until "beatx resume ${name}".`, json: toJsonEntry(view) };
  },
};

const RESUME: Edit = {
  verb: "resume",
  description: "let a paused entry run again",
  help: "The entry goes on with its next instant; what was due during the pause is not sent.",
  async run(client, name, timezone) {
    const view = await client.resume(name);
    const next = view.nextRunAt === null ? "never" : formatTime(view.nextRunAt, zoneOf(view, timezone));
    return { text: `${name} runs again; its next run: ${next}.`, json: toJsonEntry(view) };
  },
};

const RUN: Edit = {
  verb: "run",
  description: "send an entry's task once, now, beside its schedule",
  help: "The leader sends it within a second, also when the entry is paused. Its schedule is not touched.",
  async run(client, name) {
    const { id } = await client.runNow(name);
    const leader = (await client.status(0)).leader;
    const when = leader ? "within a second" : 'as soon as a node leads (nobody does: "beatx start")';
    return { text: `${name} will be sent once, ${when}. Message id: ${id}`, json: { entry: name, id } };
  },
};

const REMOVE: Edit = {
  verb: "remove",
  description: "remove an entry that was made through a client",
  help: `An entry of the configuration is refused: remove it there, or pause it. For 7 days the store remembers what was
sent, so that an entry which is added again under the name repeats nothing.`,
  async run(client, name) {
    const view = await client.get(name);
    if (view?.source === "config") {
      throw new ConfigError(
        `${name} comes from the configuration of the nodes, which would bring it back: remove it there, or pause it ` +
          `("beatx pause ${name}")`,
      );
    }
    await client.remove(name);
    return { text: `${name} is removed: nothing more is sent of it.`, json: { entry: name, removed: true } };
  },
};

/** What an operator does to an entry without editing the configuration. */
export function addEditCommands(program: Command, context: CommandContext): void {
  for (const edit of [PAUSE, RESUME, RUN, REMOVE]) {
    const command = program.command(edit.verb).description(edit.description).argument("<entry>", "its name");
    addStoreFlags(command)
      .addHelpText("after", `\n${edit.help}\n\nExamples:\n  $ beatx ${edit.verb} daily-report`)
      .action((name: string, flags: Flags) => editEntry(edit, name, flags, context));
  }
}

async function editEntry(edit: Edit, name: string, flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readSettings(flags, context);
  const { text, json } = await withClient(settings, (client) => edit.run(client, name, settings.timezone));
  context.stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : `${printable(text)}\n`);
}
