import type { RunOutlook } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withEntry } from "../configuration/with-entry.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { isoTime } from "../output/format-time.js";
import { printable } from "../output/printable.js";

const HELP = `
The leader sends it within a second, even if the entry is paused. The schedule of the entry is not affected. If no node
leads, or the publisher takes no messages, the command says so and ends with exit code 4. The request is stored all the
same, so do not repeat it: the leader sends it later.

Examples:
  $ beatx run daily-report`;

export function addRunCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("run")
    .description("send an entry's task once, now, in addition to its schedule")
    .argument("<entry>", "name of the entry");
  addStoreFlags(command)
    .addHelpText("after", HELP)
    .action((name: string, flags: Flags) => requestRun(name, flags, context, endWith));
}

async function requestRun(name: string, flags: Flags, context: CommandContext, endWith: EndWith): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const { id, ...outlook } = await withEntry(settings, name, (client) => client.runNow(name));
  const problems = outlook.problems.map((each) => ({ ...each, since: isoTime(each.since) }));
  const json = { entry: name, id, problems };
  context.stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : toText(name, id, outlook));
  if (problems.length > 0) endWith(EXIT.unhealthy);
}

function toText(name: string, id: string, { problems, publisher }: RunOutlook): string {
  const lines = [
    `${name} will be sent once, ${whenSent(problems.length, publisher)}. Message id: ${id}`,
    ...problems.map(({ message }) => `problem: ${message}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function whenSent(problems: number, publisher: RunOutlook["publisher"]): string {
  if (problems > 1) return "but not before the problems below are solved";
  if (problems === 1) return "but not before the problem below is solved";
  if (publisher?.state === "works") return "within a second";
  return "within a second if the publisher works, which is not known yet: beatx status will tell";
}
