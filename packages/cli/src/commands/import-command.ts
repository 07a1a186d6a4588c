import { ConfigError, type EntryToImport, type ImportResult } from "@beatx/core";
import type { ImportedSchedule, Importer, ImporterOption, ImporterOptions } from "@beatx/import";
import { type Command, Option } from "commander";
import { IMPORT_PACKAGE } from "../configuration/find-importers.js";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings, type Settings } from "../configuration/settings.js";
import { withNewClient } from "../configuration/with-client.js";
import { collect } from "../entry/entry-flags.js";
import type { CommandContext } from "../output/command-context.js";
import type { EndWith } from "../output/exit-codes.js";
import { printable } from "../output/printable.js";
import { readMoment } from "../simulation/moment.js";
import { addMoveCommand } from "./move-command.js";
import {
  exitCodeOfImport,
  failuresToText,
  type ImportReport,
  linesOf,
  refusedLines,
  reportToJson,
  reportToText,
} from "./import-report.js";
import { addSelectionFlags, type SelectedEntry, selectEntries, type SelectionFlags } from "./import-selection.js";

const HELP = `
Each kind has its own help: beatx import crontab --help

An import reads the other scheduler's entries with their last runs, and writes them into the store, by compare-and-set. An
entry that exists stays as it is unless --replace is given. One that cannot be imported is printed with the reason, and the
others go on: exit code 4. Entries whose last run is known get what they have missed since, by their policy ("missed").`;

interface ImportFlags extends Flags, SelectionFlags {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly print?: boolean;
  readonly asConfig?: boolean;
  readonly fresh?: boolean;
  readonly since?: string;
}

/** `importers`: `null` if their package is not installed. */
export function addImportCommand(
  program: Command,
  context: CommandContext,
  endWith: EndWith,
  importers: readonly Importer[] | null,
): void {
  const command = program
    .command("import")
    .description("take over the schedule of another scheduler, with its last runs")
    .addHelpText("after", HELP)
    .helpCommand(false);
  addMoveCommand(command, context, endWith);
  for (const importer of importers ?? []) addKind(command, importer, context, endWith);
  if (importers !== null) return;
  command
    .argument("[kind]")
    .argument("[sources...]")
    .allowUnknownOption()
    .action(() => {
      throw new ConfigError(`imports need the package ${IMPORT_PACKAGE}: npm install ${IMPORT_PACKAGE}`);
    });
}

function addKind(parent: Command, importer: Importer, context: CommandContext, endWith: EndWith): void {
  const { kind, summary, source, options, help } = importer;
  const argument = { one: `<${source.name}>`, many: `<${source.name}...>`, optional: `[${source.name}]` }[source.count];
  const command = parent.command(kind).description(summary).argument(argument, source.description);
  for (const option of options) command.addOption(toOption(option));
  addStoreFlags(addSelectionFlags(command))
    .option("--dry-run", "write nothing: show what would be imported")
    .option("--replace", "write over entries that exist; their counts go on")
    .option("--since <moment>", "for entries without a known last run: catch up what they have missed since")
    .option("--fresh", "ignore last runs: nothing is owed for the time before now")
    .option("--as-config", "the entries belong to the configuration, which has the same ones (see --print)")
    .addOption(
      new Option("--print", "print a configuration file with these entries, and write nothing").conflicts([
        "json",
        "replace",
        "asConfig",
      ]),
    )
    .addHelpText("after", help)
    .action(async (given: string | readonly string[] | undefined, flags: ImportFlags) => {
      const text = (await importer.text?.(flags as ImporterOptions)) ?? null;
      if (text !== null) return void context.stdout.write(text);
      endWith(await runImport(kind, readerOf(importer, [given ?? []].flat(), flags, context), flags, context));
    });
}

function toOption({ flags, description, choices, repeatable, default: fallback }: ImporterOption): Option {
  const option = new Option(flags, description);
  if (choices) option.choices(choices);
  if (repeatable) option.argParser(collect);
  return fallback === undefined ? option : option.default(fallback);
}

type Read = (settings: Settings) => Promise<ImportedSchedule>;

function readerOf(importer: Importer, sources: readonly string[], flags: ImportFlags, context: CommandContext): Read {
  const { dryRun = false, print = false } = flags;
  return (settings) =>
    // Its own options are among the flags.
    importer.read(sources, flags as ImporterOptions, {
      cwd: context.cwd,
      clock: context.clock,
      timezone: settings.options.timezone,
      dryRun: dryRun || print,
      readStdin: () => context.readStdin(),
      say: (line) => void context.stderr.write(`beatx: ${printable(line)}\n`),
    });
}

/** Answers the exit code. */
async function runImport(kind: string, read: Read, flags: ImportFlags, context: CommandContext): Promise<number> {
  if (flags.fresh && flags.since !== undefined) throw new ConfigError("--fresh and --since exclude each other");
  const settings = await readStoreSettings(flags, context);
  const imported = await read(settings);
  try {
    const selected = selectEntries(imported, flags);
    if (flags.print) return printConfiguration(imported, selected, context);
    const lastRuns = readLastRuns(selected, flags, settings, context);
    const work = writeEntries(selected, lastRuns, flags, settings);
    const results = await Promise.race([work, ...(imported.hold ? [imported.hold.lost] : [])]);
    const { dryRun = false } = flags;
    const done = dryRun ? [] : ((await imported.afterWrite?.(namesOf(selected, results))) ?? []);
    printReport({ kind, imported, selected, results, lastRuns, dryRun, done }, flags, settings, context);
    if (imported.hold && !dryRun) await waitForUser(imported.hold, context);
    return exitCodeOfImport({ imported, results });
  } finally {
    await imported.hold?.release();
    await imported.close?.();
  }
}

function readLastRuns(
  selected: readonly SelectedEntry[],
  { fresh = false, since }: ImportFlags,
  { timezone }: Settings,
  { clock }: CommandContext,
): (number | null)[] {
  const now = clock.now();
  const start = since === undefined ? null : readMoment("--since", since, { now, base: now, zone: timezone });
  return selected.map(({ imported }) => (fresh ? null : (imported.lastRunAt ?? start)));
}

function writeEntries(
  selected: readonly SelectedEntry[],
  lastRuns: readonly (number | null)[],
  { replace = false, dryRun = false, asConfig = false }: ImportFlags,
  settings: Settings,
): Promise<ImportResult[]> {
  const entries: EntryToImport[] = selected.map(({ name, entry, imported: { paused = false } }, index) => {
    return { name, entry, paused, lastRunAt: lastRuns[index]! };
  });
  const source = asConfig ? "config" : "api";
  return withNewClient(settings, dryRun, (client) => client.importEntries(entries, { replace, dryRun, source }));
}

function namesOf(selected: readonly SelectedEntry[], results: readonly ImportResult[]): ReadonlySet<string> {
  const written = selected.filter((_entry, index) => results[index]!.error === null);
  return new Set(written.map(({ imported }) => imported.name));
}

function printReport(report: ImportReport, flags: ImportFlags, { timezone }: Settings, context: CommandContext): void {
  context.stdout.write(flags.json ? reportToJson(report) : reportToText(report, timezone, context));
  if (!flags.json) context.stderr.write(failuresToText(report));
}

/** Prints the entries as a configuration file, and on stderr what could not be kept. Answers the exit code. */
function printConfiguration(
  imported: ImportedSchedule,
  selected: readonly SelectedEntry[],
  { stdout, stderr }: CommandContext,
): number {
  const schedule = Object.fromEntries(
    selected.map(({ name, entry, imported: { paused } }) => [name, paused ? { ...entry, enabled: false } : entry]),
  );
  stdout.write(`${JSON.stringify({ schedule }, null, 2)}\n`);
  const notes = linesOf(
    selected.flatMap(({ name, imported: { notes: own } }) => own.map((note) => ({ name, text: `: ${note}` }))),
  );
  for (const line of [...notes, ...imported.notes, ...refusedLines(imported)])
    stderr.write(`beatx: ${printable(line)}\n`);
  return exitCodeOfImport({ imported, results: [] });
}

/** Keeps the other scheduler's lock until the user says that it has been stopped. */
async function waitForUser(
  { description, lost }: NonNullable<ImportedSchedule["hold"]>,
  context: CommandContext,
): Promise<void> {
  context.stderr.write(`beatx: ${printable(description)} (Ctrl-C when that is done)\n`);
  let stopListening = (): void => undefined;
  const signal = new Promise<void>((resolve) => (stopListening = context.onSignal(() => resolve())));
  try {
    await Promise.race([signal, lost]);
  } finally {
    stopListening();
  }
}
