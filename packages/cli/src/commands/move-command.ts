/** `beatx import beatx`: an export of another store becomes the schedule of this one. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError, type EntryInput, type ExportedRecord, type ScheduleExport } from "@beatx/core";
import type { ImportedEntry } from "@beatx/import";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { parseJson } from "../configuration/parse-text.js";
import { readStoreSettings, type Settings } from "../configuration/settings.js";
import { withNewClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import type { EndWith } from "../output/exit-codes.js";
import { printable } from "../output/printable.js";
import { exitCodeOfImport, failuresToText, type ImportReport, reportToJson, reportToText } from "./import-report.js";

const HELP = `
Everything moves: rules, pauses, tags, owners, edits, counts, removed names, requested runs, and how far each entry has come, so
nothing is lost and nothing runs twice. The same namespace gives messages the same ids. The history of past runs stays behind.

Nodes that run here stand by while it is written. If it fails half-way, nothing is sent until it is repeated with --replace, or
given up with "beatx release".

Examples:
  $ beatx export --hold --output move.json --store redis://old/0
  $ beatx import beatx move.json --store lmdb:/var/lib/beatx --dry-run
  $ beatx import beatx move.json --store lmdb:/var/lib/beatx`;

interface MoveFlags extends Flags {
  readonly dryRun?: boolean;
  readonly replace?: boolean;
}

export function addMoveCommand(parent: Command, context: CommandContext, endWith: EndWith): void {
  const command = parent
    .command("beatx")
    .description('what "beatx export" has written: a move to another store')
    .argument("<file>", "the export; - is standard input");
  addStoreFlags(command)
    .option("--dry-run", "write nothing: show what would be imported")
    .option("--replace", "write over entries that exist")
    .addHelpText("after", HELP)
    .action(async (file: string, flags: MoveFlags) => endWith(await move(file, flags, context)));
}

async function move(file: string, flags: MoveFlags, context: CommandContext): Promise<number> {
  const { stdout, stderr } = context;
  const settings = await readStoreSettings(flags, context);
  const exported = await readExport(file, context);
  const { dryRun = false, replace = false } = flags;
  const onWait = (reason: string): void => void stderr.write(`beatx: waiting for the lease: ${printable(reason)}\n`);
  const results = await withNewClient(settings, dryRun, (client) =>
    client.importExport(exported, { dryRun, replace, onWait }),
  );
  const entries = entriesOf(exported);
  const selected = results.map(({ name }) => {
    const imported = entries.get(name)!;
    return { imported, name, entry: imported.entry };
  });
  const imported = { entries: [...entries.values()], refused: refusedOf(exported), notes: notesOf(exported, settings) };
  const lastRuns = selected.map(({ imported: { lastRunAt } }) => lastRunAt);
  const report: ImportReport = { kind: "beatx", imported, selected, results, lastRuns, dryRun, done: [] };
  stdout.write(flags.json ? reportToJson(report) : reportToText(report, settings.timezone, context));
  if (!flags.json) stderr.write(failuresToText(report));
  return exitCodeOfImport(report);
}

/** @throws ConfigError that names the file, and the place in it */
async function readExport(file: string, context: CommandContext): Promise<ScheduleExport> {
  const path = resolve(context.cwd, file);
  const text = await (file === "-" ? context.readStdin() : readFile(path, "utf8").catch(unreadable(file)));
  let exported: unknown;
  try {
    exported = parseJson(text);
  } catch (cause) {
    throw new ConfigError(`${file}: ${(cause as Error).message}`, { field: "file", cause });
  }
  if ((exported as { beatx?: unknown } | null)?.beatx === "export") return exported as ScheduleExport; // Core checks the rest.
  throw new ConfigError(`${file} is no export: expected what "beatx export" has written`, { field: "file" });
}

function unreadable(file: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    const why = cause.code === "ENOENT" ? "there is no such file" : `it cannot be read (${cause.code})`;
    throw new ConfigError(`${file}: ${why}`, { field: "file", cause });
  };
}

function entriesOf({ records }: ScheduleExport): ReadonlyMap<string, ImportedEntry> {
  const entries = records.filter(({ definition }) => definition["kind"] === "entry");
  return new Map(entries.map((record) => [record.name, toEntry(record)]));
}

function toEntry({ name, definition, cursor }: ExportedRecord): ImportedEntry {
  const sentAt = cursor?.["sentAt"];
  return {
    name,
    entry: definition["entry"] as unknown as EntryInput,
    paused: definition["paused"] === true,
    lastRunAt: typeof sentAt === "number" ? sentAt : null,
    notes: [],
  };
}

function refusedOf({ unreadable: broken }: ScheduleExport): { name: string; reason: string }[] {
  return broken.map(({ name, message }) => ({ name, reason: message }));
}

function notesOf({ held, namespace, exportedAt }: ScheduleExport, settings: Settings): string[] {
  const copy = `the export was made without --hold: what its nodes have sent since ${exportedAt} is sent again here`;
  const ids = `messages get other ids than before: the namespace is ${JSON.stringify(settings.namespace)} here, and was ${JSON.stringify(namespace)}`;
  return [...(held ? [] : [copy]), ...(namespace === settings.namespace ? [] : [ids])];
}
