import type { BeatStatus, Client, EntryView } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags, parseCount } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext, TextOutput } from "../output/command-context.js";
import { columnsToFit, formatFittedTable } from "../output/fitted-table.js";
import { formatAgo, formatSecond, formatTime, formatUntil } from "../output/format-time.js";
import { formatTable } from "../output/table.js";
import { describeState, describeStateBriefly, toJsonEntry, zoneOf } from "../entry/entry-text.js";

const HEADER = ["NAME", "TASK", "SCHEDULE", "NEXT RUN", "LAST RUN", "STATE"];
const WIDE_HEADER = ["RUNS", "BY HAND", "SKIPPED", "UNCERTAIN", "SOURCE", "REVISION", "TAGS", "DESCRIPTION"];
/** The columns of `HEADER` that are shortened first. */
const FLEXIBLE = [0, 1, 2];

const EXAMPLES = `
Examples:
  $ beatx list
  $ beatx list --wide
  $ beatx list --tag reports
  $ beatx list --app billing                   the entries of one application
  $ beatx list --prefix mail. --limit 50
  $ beatx list --prefix mail. --limit 50 --after mail.weekly-report
  $ beatx list --store redis://127.0.0.1:6379/0 --timezone Europe/Berlin
  $ beatx list --json | jq -r '.[] | select(.paused) | .name'

With --app, --tag, --prefix, --after or --limit broken entries are left out: "beatx status" names those.

Times are in the zone of each entry's schedule, or in --timezone if it names none. In a terminal that is too narrow for
them, they are given as a distance from now, and long names are shortened; --wide, files and pipes get every character.`;

interface ListFlags extends Flags {
  readonly wide?: boolean;
  readonly prefix?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly tag?: string;
}

/** What is stored: the entries that can be read, and those that are broken. */
interface Listing {
  readonly entries: readonly EntryView[];
  readonly broken: BeatStatus["broken"];
}

/** Writes the times of an entry in a table. */
interface Times {
  next(entry: EntryView): string;
  last(entry: EntryView): string;
  state(entry: EntryView): string;
}

export function addListCommand(program: Command, context: CommandContext): void {
  const command = program.command("list").description("list all stored entries with their last and next runs");
  addStoreFlags(command)
    .option("-w, --wide", "all columns, and nothing shortened: counts, source, revision, tags and description, too")
    .option("--tag <tag>", "only entries with this tag")
    .option("--prefix <text>", "only names that begin with this text")
    .option("--after <name>", "only names after this one, such as the last one of the page before")
    .option("--limit <n>", "at most this many entries", parseCount)
    .addHelpText("after", EXAMPLES)
    .action((flags: ListFlags) => listEntries(flags, context));
}

async function listEntries(flags: ListFlags, context: CommandContext): Promise<void> {
  const { stdout, clock } = context;
  const settings = await readStoreSettings(flags, context);
  const listing = await withClient(settings, (client) => readListing(client, flags));
  if (flags.json) stdout.write(toJson(listing));
  else if (listing.entries.length === 0 && isPart(flags))
    stdout.write(`No stored entry has such a ${flags.tag === undefined ? "name" : "tag"}.\n`);
  else if (listing.entries.length + listing.broken.length === 0)
    stdout.write("No entries are stored. The first leader stores those of its configuration.\n");
  else if (flags.wide) stdout.write(toWideTable(listing, absoluteTimes(settings.timezone)));
  else stdout.write(toTable(listing, settings.timezone, clock.now(), stdout));
}

function isPart({ app, prefix, after, limit, tag }: ListFlags): boolean {
  return [app, prefix, after, limit, tag].some((given) => given !== undefined);
}

async function readListing(client: Client, flags: ListFlags): Promise<Listing> {
  if (!isPart(flags)) return { entries: await client.list(), broken: (await client.status(1)).broken };
  const { app, after, limit, tag } = flags;
  const prefix = app === undefined ? flags.prefix : `${app}/${flags.prefix ?? ""}`;
  const entries = await client.list({ prefix, after, limit, tag });
  return { entries, broken: [] };
}

function toJson({ entries, broken }: Listing): string {
  const all = [...entries.map(toJsonEntry), ...broken.map(({ name, message }) => ({ name, broken: message }))];
  return `${JSON.stringify(all, null, 2)}\n`;
}

function toTable(listing: Listing, timezone: string, now: number, stdout: TextOutput): string {
  const rows = toRows(listing, absoluteTimes(timezone));
  const columns = columnsToFit(HEADER, rows, stdout);
  if (columns === null) return formatTable(HEADER, rows);
  return formatFittedTable(HEADER, toRows(listing, relativeTimes(now)), columns, FLEXIBLE);
}

function toWideTable({ entries, broken }: Listing, times: Times): string {
  const rows = entries.map((entry) => [...toRow(entry, times), ...toWideCells(entry)]);
  const absent = WIDE_HEADER.slice(1).map(() => "-");
  const brokenRows = broken.map(({ name, message }) => [...toBrokenRow(name), ...absent, message]);
  return formatTable([...HEADER, ...WIDE_HEADER], [...rows, ...brokenRows]);
}

function toRows({ entries, broken }: Listing, times: Times): string[][] {
  return [...entries.map((entry) => toRow(entry, times)), ...broken.map(({ name }) => toBrokenRow(name))];
}

function toRow(view: EntryView, times: Times): string[] {
  const { name, entry, schedule } = view;
  return [name, textOf(entry, "task"), schedule, times.next(view), times.last(view), times.state(view)];
}

function toBrokenRow(name: string): string[] {
  return [name, "-", "-", "-", "-", "broken"];
}

function toWideCells(view: EntryView): string[] {
  const { runs, requestedRuns, skipped, uncertain, source, revision, tags, entry } = view;
  const counts = [runs, requestedRuns, skipped, uncertain].map(String);
  return [...counts, source, revision, tags.join(", "), textOf(entry, "description")];
}

/** A field of the stored entry; empty if it is at its default. */
function textOf(entry: EntryView["entry"], field: "task" | "description"): string {
  const value = entry[field];
  return typeof value === "string" ? value : "";
}

function absoluteTimes(timezone: string): Times {
  return {
    next: (entry) => (entry.nextRunAt === null ? "never" : formatTime(entry.nextRunAt, zoneOf(entry, timezone))),
    last: (entry) => (entry.lastSentAt === null ? "never" : formatSecond(entry.lastSentAt, zoneOf(entry, timezone))),
    state: (entry) => describeState(entry, timezone),
  };
}

function relativeTimes(now: number): Times {
  return {
    next: ({ nextRunAt }) => (nextRunAt === null ? "never" : formatUntil(nextRunAt, now)),
    last: ({ lastSentAt }) => (lastSentAt === null ? "never" : formatAgo(lastSentAt, now)),
    state: (entry) => describeStateBriefly(entry, now),
  };
}
