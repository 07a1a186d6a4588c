import type { Client, RunOutlook } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { isoTime } from "../output/format-time.js";
import { printAnswer } from "../output/print-answer.js";
import { forEachName, printOutcomes, withSuggestions } from "./many-entries.js";

const HELP = `
The leader sends it within a second, even if the entry is paused. The schedule of the entry is not affected. If no node
leads, or the publisher takes no messages, the command says so and ends with exit code 4. The request is stored all the
same, so do not repeat it: the leader sends it later.

Examples:
  $ beatx run daily-report
  $ beatx run daily-report weekly-report`;

export function addRunCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("run")
    .description("send the tasks of entries once, now, in addition to their schedules")
    .argument("<entries...>", "names of the entries");
  addStoreFlags(command)
    .addHelpText("after", HELP)
    .action((names: string[], flags: Flags) => requestRuns(names, flags, context, endWith));
}

async function requestRuns(names: string[], flags: Flags, context: CommandContext, endWith: EndWith): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const [first, ...others] = names;
  if (others.length === 0) {
    const { text, json, exitCode } = await withEntry(settings, first!, (client) => requestRun(client, first!));
    printAnswer(context, flags, text, { entry: first, ...json });
    return endWith(exitCode);
  }
  const outcomes = await withClient(settings, async (client) => {
    return withSuggestions(client, await forEachName(names, (name) => requestRun(client, name)));
  });
  printOutcomes(context, flags, outcomes, endWith);
}

interface Requested {
  readonly text: readonly string[];
  readonly json: object;
  readonly exitCode: number;
}

async function requestRun(client: Client, name: string): Promise<Requested> {
  const { id, ...outlook } = await client.runNow(name);
  const problems = outlook.problems.map((each) => ({ ...each, since: isoTime(each.since) }));
  return {
    text: toLines(name, id, outlook),
    json: { id, problems },
    exitCode: problems.length > 0 ? EXIT.unhealthy : EXIT.ok,
  };
}

function toLines(name: string, id: string, { problems, publisher }: RunOutlook): string[] {
  return [
    `${name} will be sent once, ${whenSent(problems.length, publisher)}. Message id: ${id}`,
    ...problems.map(({ message }) => `problem: ${message}`),
  ];
}

function whenSent(problems: number, publisher: RunOutlook["publisher"]): string {
  if (problems > 1) return "but not before the problems below are solved";
  if (problems === 1) return "but not before the problem below is solved";
  if (publisher?.state === "works") return "within a second";
  return "within a second if the publisher works, which is not known yet: beatx status will tell";
}
