import { userInfo } from "node:os";
import { BeatxError, type Client, type EntrySelector, type EntryView, type PauseOptions } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import { describeNextRun, describePause, toJsonEntry } from "../entry/entry-text.js";
import type { CommandContext } from "../output/command-context.js";
import type { EndWith } from "../output/exit-codes.js";
import { formatTime, isoTime } from "../output/format-time.js";
import { printAnswer } from "../output/print-answer.js";
import { readMoment } from "../simulation/moment.js";
import {
  addSelectorFlags,
  describeNoMatch,
  type Outcome,
  printOutcomes,
  readCondition,
  readSelection,
  type SelectorFlags,
  type Surroundings,
  withSuggestions,
} from "./many-entries.js";

const PAUSE_HELP = `
Instants during the pause are skipped: they are not sent later. With --until it ends by itself, also if the node that leads
then is another one. Pausing again replaces note and end. With several names, or with --tag, --prefix or --all, each entry gets
its line, and the exit code is that of the worst.

Examples:
  $ beatx pause daily-report
  $ beatx pause --tag reports --note "db upgrade" --until +2h
  $ beatx pause --all --until 2030-01-31T09:00:00+01:00`;

const RESUME_HELP = `
The entry goes on with its next instant. Instants during the pause are not sent.

Examples:
  $ beatx resume daily-report
  $ beatx resume --tag reports`;

interface ManyFlags extends Flags, SelectorFlags {
  readonly ifRevision?: string;
}

interface PauseFlags extends ManyFlags {
  readonly note?: string;
  readonly until?: string;
  readonly by?: string;
}

export function addPauseCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("pause")
    .description("keep entries, but do not send them until they are resumed, or until a moment")
    .argument("[entries...]", "names of the entries");
  addStoreFlags(addSelectorFlags(command))
    .option("--note <text>", "why, for people")
    .option("--until <moment>", "end the pause by itself then: +2h, a date, or ISO 8601 with its offset")
    .option("--by <name>", "who pauses, for people (default: the user of this process)")
    .option("--if-revision <revision>", "only if this revision is stored; with one name")
    .addHelpText("after", PAUSE_HELP)
    .action((names: string[], flags: PauseFlags) => pause(names, flags, context, endWith));
}

export function addResumeCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("resume")
    .description("let paused entries run again")
    .argument("[entries...]", "names of the entries");
  addStoreFlags(addSelectorFlags(command))
    .option("--if-revision <revision>", "only if this revision is stored; with one name")
    .addHelpText("after", RESUME_HELP)
    .action((names: string[], flags: ManyFlags) => resume(names, flags, context, endWith));
}

async function pause(names: string[], flags: PauseFlags, context: CommandContext, endWith: EndWith): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const options = readPauseOptions(flags, context, settings.timezone);
  await editSelected(
    names,
    flags,
    { settings, context, endWith },
    {
      one: async (client, name, condition) => {
        const view = await client.pause(name, { ...options, ...condition });
        return [view, describePaused(view, settings.timezone)];
      },
      many: async (client, selector) => client.pause(selector, options),
      text: (name) => {
        const until = options.until == null ? "" : ` until ${formatTime(Number(options.until), settings.timezone)}`;
        return `${name} is paused${until}.`;
      },
      json: { paused: true, until: options.until == null ? null : isoTime(Number(options.until)) },
    },
  );
}

async function resume(names: string[], flags: ManyFlags, context: CommandContext, endWith: EndWith): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  await editSelected(
    names,
    flags,
    { settings, context, endWith },
    {
      one: async (client, name, condition) => {
        const view = await client.resume(name, condition);
        return [view, `${name} ${describeResumed(view, settings.timezone)}.`];
      },
      many: async (client, selector) => client.resume(selector),
      text: (name) => `${name} is not paused.`,
      json: { paused: false },
    },
  );
}

/** An edit of one entry, which answers it, and of many. */
interface Edit {
  one(client: Client, name: string, condition: object): Promise<readonly [view: EntryView, text: string]>;
  many(client: Client, selector: EntrySelector): Promise<readonly Outcome[]>;
  text(name: string): string;
  readonly json: object;
}

async function editSelected(
  names: string[],
  flags: ManyFlags,
  { settings, context, endWith }: Omit<Surroundings, "flags">,
  edit: Edit,
): Promise<void> {
  const selector = readSelection(names, flags);
  const only = "names" in selector && names.length === 1 ? names[0] : undefined;
  const condition = readCondition(flags.ifRevision, only !== undefined);
  if (only !== undefined) {
    const [view, text] = await withEntry(settings, only, (client) => edit.one(client, only, condition));
    return printAnswer(context, flags, text, toJsonEntry(view));
  }
  const outcomes = await withClient(settings, async (client) => {
    return withSuggestions(client, await edit.many(client, selector));
  });
  if (outcomes.length === 0) throw new BeatxError("NOT_FOUND", describeNoMatch(selector));
  const shown = outcomes.map((outcome) => ({ ...outcome, text: edit.text(outcome.name), json: edit.json }));
  printOutcomes(context, flags, shown, endWith);
}

function readPauseOptions({ note, until, by }: PauseFlags, { clock, env }: CommandContext, zone: string): PauseOptions {
  const now = clock.now();
  return {
    note: note ?? null,
    until: until === undefined ? null : readMoment("--until", until, { now, base: now, zone }),
    by: by ?? loginName(env),
  };
}

/** The user of this process; `null`: it has no name. */
function loginName(env: CommandContext["env"]): string | null {
  try {
    return userInfo().username;
  } catch {
    return env["USER"] ?? env["USERNAME"] ?? null;
  }
}

function describePaused(view: EntryView, timezone: string): string {
  const { name, pause: said } = view;
  const end =
    said?.until == null ? `: nothing is sent until "beatx resume ${name}"` : `; ${describeNextRun(view, timezone)}`;
  return `${name} is paused${said === null ? "" : describePause(said, timezone)}${end}.`;
}

function describeResumed(view: EntryView, timezone: string): string {
  if (view.nextRunAt !== null) return `runs again; ${describeNextRun(view, timezone)}`;
  if (!view.active) return "is no longer paused, but disabled in its definition: nothing is sent";
  return `is no longer paused, but it is done: its schedule has no further run. "beatx run ${view.name}" sends it once`;
}
