import { type BackfillOptions, type BackfillResult, type BackfillView, type Client, ConfigError } from "@beatx/core";
import { type Command, InvalidArgumentError } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings, type Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { withEntry } from "../configuration/with-entry.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { formatSpan, formatTime, isoTime, withIsoSince } from "../output/format-time.js";
import { printable } from "../output/printable.js";
import { formatTable } from "../output/table.js";
import { readMoment } from "../simulation/moment.js";
import { followBackfill } from "./backfill-progress.js";

const HELP = `
Sends the occurrences of past instants of an entry, one after the other: those from --from to --to that its schedule no
longer sends. Each keeps the id that it has always had, so workers and queues that compare ids take one that was sent before
for a repeat. First it says what it would send, and asks; --yes does not ask, --dry-run only says it. The leader does the
sending, so it goes on when this command, or the leader, ends. "beatx remove ENTRY" ends it, too.

A moment is one of
  now
  2027-03-28                   the start of that day in --timezone
  2027-03-28T09:00:00+02:00    ISO 8601 with an offset from UTC, or Z
  -1d12h                       relative to now

Examples:
  $ beatx backfill daily-report --from -7d
  $ beatx backfill daily-report --from 2027-03-01 --to 2027-03-08 --max-per-second 0.5 --yes
  $ beatx backfill daily-report --from -7d --only-missing --dry-run --json
  $ beatx backfill                      those that are under way
  $ beatx backfill --cancel ID`;

interface BackfillFlags extends Flags {
  readonly from?: string;
  readonly to?: string;
  readonly maxPerSecond?: number;
  readonly onlyMissing?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
  readonly cancel?: string;
}

export function addBackfillCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program
    .command("backfill")
    .description("send the occurrences of past instants of an entry, or show what is being sent")
    .argument("[entry]", "name of the entry");
  addStoreFlags(command)
    .option("--from <moment>", "the first moment")
    .option("--to <moment>", "the last moment (default, and at most: now)")
    .option("--max-per-second <n>", "at most this many in a second, from 0.001 to 1000 (default: 10)", parseRate)
    .option("--only-missing", "only those that the history of the entry shows as not sent")
    .option("--dry-run", "only say what would be sent")
    .option("-y, --yes", "do not ask")
    .option("--no-wait", "do not wait until all are sent")
    .option("--cancel <id>", "end the backfill with this id")
    .addHelpText("after", HELP)
    .action((name: string | undefined, flags: BackfillFlags) => backfill(name, flags, context, endWith));
}

async function backfill(
  name: string | undefined,
  flags: BackfillFlags,
  context: CommandContext,
  endWith: EndWith,
): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  if (flags.cancel !== undefined) return cancel(flags.cancel, settings, flags, context);
  if (name === undefined) return list(settings, flags, context);
  if (flags.from === undefined) throw new ConfigError("--from is missing: give the first moment, such as --from -7d");
  await withEntry(settings, name, (client) => request(client, name, { settings, flags, context, endWith }));
}

/** What one call of the command works with. */
interface Call {
  readonly settings: Settings;
  readonly flags: BackfillFlags;
  readonly context: CommandContext;
  readonly endWith: EndWith;
}

async function request(client: Client, name: string, call: Call): Promise<void> {
  const { flags, context, endWith } = call;
  const options = readOptions(call);
  const asks = !flags.yes && !flags.dryRun;
  if (asks && !(await confirmPlan(await client.backfill(name, { ...options, dryRun: true }), name, call))) return;
  const result = await client.backfill(name, { ...options, dryRun: flags.dryRun });
  const plan = asks ? "" : describePlan(name, result, call);
  print(flags, context, result, plan + (result.id === null ? "" : describeRequest(result)));
  if (result.id === null) return;
  if (result.problems.length > 0) return endWith(EXIT.unhealthy);
  if (flags.wait && !flags.json) await followBackfill(client, result.id, context);
}

/** Says what would be sent, and asks. Answers `false` if that is nothing. @throws ConfigError if the user says no. */
async function confirmPlan(plan: BackfillResult, name: string, call: Call): Promise<boolean> {
  const { flags, context } = call;
  const isEmpty = plan.total === 0;
  if (isEmpty || !flags.json) print(flags, context, plan, describePlan(name, plan, call));
  if (isEmpty || (await context.confirm(`Send ${countOf(plan.total)}?`))) return !isEmpty;
  throw new ConfigError("nothing was sent: confirm with --yes, or look with --dry-run");
}

function readOptions({ flags, settings, context }: Call): BackfillOptions {
  const now = context.clock.now();
  const moment = { now, base: now, zone: settings.timezone };
  return {
    from: readMoment("--from", flags.from!, moment),
    to: flags.to === undefined ? undefined : readMoment("--to", flags.to, moment),
    maxPerSecond: flags.maxPerSecond,
    onlyMissing: flags.onlyMissing,
  };
}

function print(flags: Flags, { stdout }: CommandContext, result: BackfillResult, text: string): void {
  const { problems, first, last } = result;
  const times = { first: isoTime(first), last: isoTime(last) };
  const json = { ...result, ...times, problems: problems.map(withIsoSince) };
  stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : text);
}

function describePlan(name: string, plan: BackfillResult, { settings: { timezone } }: Call): string {
  const lines: string[] = [];
  if (plan.total === 0) lines.push(`${name}: there is nothing to send in this time.`);
  else {
    const [first, last] = [formatTime(plan.first!, timezone), formatTime(plan.last!, timezone)];
    const range = plan.total === 1 ? first : `${first} to ${last}`;
    lines.push(`${name}: ${countOf(plan.total)}, ${range}; sending takes about ${formatSpan(plan.durationMs)}.`);
  }
  const leftOut = [
    [plan.due, "that its schedule still sends, or skips by its policy"],
    [plan.sent, "that its history shows as sent"],
    [plan.unknown, "from before its history: without --only-missing they are sent"],
  ] as const;
  for (const [count, why] of leftOut) if (count > 0) lines.push(`Left out: ${countOf(count)} ${why}.`);
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function describeRequest({ id, wasRequested, problems }: BackfillResult): string {
  const how = wasRequested ? "It was requested before, and is under way" : "Requested";
  const lines = [
    `${how}: "beatx backfill --cancel ${id}" ends it.`,
    ...problems.map(({ message }) => `problem: ${message}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function countOf(occurrences: number): string {
  return occurrences === 1 ? "1 occurrence" : `${occurrences} occurrences`;
}

async function list(settings: Settings, flags: Flags, { stdout }: CommandContext): Promise<void> {
  const backfills = await withClient(settings, (client) => client.backfills());
  if (flags.json) return void stdout.write(`${JSON.stringify(backfills.map(toJson), null, 2)}\n`);
  if (backfills.length === 0) return void stdout.write("No backfill is under way.\n");
  const time = (at: number): string => formatTime(at, settings.timezone);
  const rows = backfills.map(({ id, entry, first, last, sent, total }) => {
    return [entry, time(first), time(last), `${sent} of ${total}`, id];
  });
  stdout.write(formatTable(["ENTRY", "FIRST", "LAST", "SENT", "ID"], rows));
}

function toJson(view: BackfillView): object {
  const { first, last, requestedAt, lastSentAt, ...rest } = view;
  const times = { first: isoTime(first), last: isoTime(last), requestedAt: isoTime(requestedAt) };
  return { ...rest, ...times, lastSentAt: isoTime(lastSentAt) };
}

async function cancel(id: string, settings: Settings, flags: Flags, { stdout }: CommandContext): Promise<void> {
  await withClient(settings, (client) => client.cancelBackfill(id));
  const text = `The backfill ${id} has ended: nothing more of it is sent.`;
  stdout.write(flags.json ? `${JSON.stringify({ id, cancelled: true }, null, 2)}\n` : `${printable(text)}\n`);
}

/** @throws InvalidArgumentError */
function parseRate(text: string): number {
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number from 0.001 to 1000.");
}
