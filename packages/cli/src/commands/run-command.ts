import type { Client, RunOutlook } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { withIsoSince } from "../output/format-time.js";
import { runForNames } from "./many-entries.js";

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
  await runForNames(names, { settings, flags, context, endWith }, requestRun);
}

interface Requested {
  readonly text: readonly string[];
  readonly json: object;
  readonly exitCode: number;
}

async function requestRun(client: Client, name: string): Promise<Requested> {
  const { id, ...outlook } = await client.runNow(name);
  const problems = outlook.problems.map(withIsoSince);
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
