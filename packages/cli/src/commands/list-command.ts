import type { EntryView } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import { formatTime } from "../output/format-time.js";
import { formatTable } from "../output/table.js";
import { describeState, toJsonEntry, zoneOf } from "./entry-text.js";

const HEADER = ["NAME", "SCHEDULE", "NEXT RUN", "LAST SENT", "RUNS", "SKIPPED", "SOURCE"];

const EXAMPLES = `
Examples:
  $ beatx list
  $ beatx list --store redis://127.0.0.1:6379/0 --timezone Europe/Berlin
  $ beatx list --json | jq -r '.[] | select(.paused) | .name'

Times are in the zone of each entry's schedule, or in --timezone if it names none.`;

export function addListCommand(program: Command, context: CommandContext): void {
  const command = program.command("list").description("list all stored entries with their last and next runs");
  addStoreFlags(command)
    .addHelpText("after", EXAMPLES)
    .action((flags: Flags) => listEntries(flags, context));
}

async function listEntries(flags: Flags, { stdout, ...context }: CommandContext): Promise<void> {
  const settings = await readSettings(flags, { stdout, ...context });
  const entries = await withClient(settings, (client) => client.list());
  if (flags.json) stdout.write(`${JSON.stringify(entries.map(toJsonEntry), null, 2)}\n`);
  else if (entries.length === 0)
    stdout.write("No entries are stored. The first leader stores those of its configuration.\n");
  else
    stdout.write(
      formatTable(
        HEADER,
        entries.map((entry) => toRow(entry, settings.timezone)),
      ),
    );
}

function toRow(entry: EntryView, timezone: string): string[] {
  const zone = zoneOf(entry, timezone);
  const time = (at: number | null, absent: string): string => (at === null ? absent : formatTime(at, zone));
  const { name, schedule, nextRunAt, lastSentAt, runs, skipped } = entry;
  // A table does not need fractions of a second.
  const lastSent = lastSentAt === null ? null : lastSentAt - (lastSentAt % 1000);
  return [
    name,
    schedule,
    time(nextRunAt, entry.active ? "never" : "-"),
    time(lastSent, "never"),
    String(runs),
    String(skipped),
    describeState(entry),
  ];
}
