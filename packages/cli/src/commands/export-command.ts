import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError, type ScheduleExport } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { printAnswer } from "../output/print-answer.js";
import { printable } from "../output/printable.js";

const HELP = `
Writes the whole schedule as JSON: rules, pauses, tags, owners, edits, counts, and how far each entry has come. The history of
past runs stays behind. "beatx import beatx FILE" writes it into another store, namespace or kind of store.

With --hold no node leads any more, so nothing is sent until "beatx release", or until an import brings the schedule back:
nodes that run, and those that start, stand by. Without it the nodes go on, and the file is a copy of one moment.

Examples:
  $ beatx export --output backup.json                    a copy; the nodes go on
  $ beatx export --hold --output move.json               the nodes stop sending
  $ beatx import beatx move.json --store redis://new/0   and go on there
  $ beatx release                                        or here after all

The file holds the arguments of all entries, which may be secret: it is written for its owner alone, never over another file.`;

interface ExportFlags extends Flags {
  readonly output?: string;
  readonly hold?: boolean;
}

export function addExportCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program.command("export").description("write the stored schedule with its state, to move or keep it");
  addStoreFlags(command)
    .option("-o, --output <file>", "file to write (default: standard output)")
    .option("--hold", "keep all nodes from sending from now on")
    .addHelpText("after", HELP)
    .action(async (flags: ExportFlags) => endWith(await exportSchedule(flags, context)));
}

/** Answers the exit code: records that cannot be read are a problem. */
async function exportSchedule(flags: ExportFlags, context: CommandContext): Promise<number> {
  const { stdout, stderr, cwd } = context;
  const { output, hold = false } = flags;
  const settings = await readStoreSettings(flags, context);
  // Before nodes are held: a file that cannot be written should stop nothing.
  const file = output === undefined ? null : await createFile(resolve(cwd, output), output);
  const say = (line: string): void => void stderr.write(`beatx: ${printable(line)}\n`);
  try {
    const exported = await withClient(settings, (client) =>
      client.export({ hold, onWait: (reason) => say(`waiting for the lease: ${reason}`) }),
    );
    for (const part of partsOf(exported)) await (file ? file.write(part) : stdout.write(part));
    await file?.sync();
    for (const { name, message } of exported.unreadable) say(`${name} is not in the export: ${message}`);
    say(summaryOf(exported, output));
    return exported.unreadable.length > 0 ? EXIT.unhealthy : EXIT.ok;
  } finally {
    await file?.close();
  }
}

async function createFile(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === "EEXIST" ? "there is such a file already: name another one" : `it cannot be written (${code})`;
    throw new ConfigError(`--output ${name}: ${why}`, { field: "--output", cause });
  }
}

/** One line for each record, so that a text tool can compare two exports. */
function* partsOf({ records, unreadable, ...rest }: ScheduleExport): Generator<string> {
  const about = JSON.stringify({ ...rest, unreadable }, null, 2).replace(/\n}$/, "");
  yield `${about},\n  "records": [`;
  let [separator, part] = ["\n", ""];
  for (const record of records) {
    part += `${separator}    ${JSON.stringify(record)}`;
    separator = ",\n";
    if (part.length < 100_000) continue;
    yield part;
    part = "";
  }
  yield `${part}${records.length === 0 ? "" : "\n  "}]\n}\n`;
}

function summaryOf({ records, held }: ScheduleExport, output: string | undefined): string {
  const entries = records.filter(({ definition }) => definition["kind"] === "entry").length;
  const where = output === undefined ? "" : ` to ${output}`;
  const state = held ? "; the schedule is held: nothing is sent from here until it is released (beatx release)" : "";
  return `${entries} ${entries === 1 ? "entry" : "entries"} exported${where}${state}`;
}

const RELEASE_HELP = `
Nodes that stand by because of "beatx export --hold", or of an import that has failed, lead again within seconds. Release a
schedule only if it runs nowhere else: what the other place has sent since would be sent again.`;

export function addReleaseCommand(program: Command, context: CommandContext): void {
  const command = program.command("release").description('end the hold of "beatx export --hold": nodes send again');
  addStoreFlags(command)
    .addHelpText("after", RELEASE_HELP)
    .action(async (flags: Flags) => {
      const settings = await readStoreSettings(flags, context);
      const released = await withClient(settings, (client) => client.release());
      const text = released ? "the hold has ended: nodes lead again" : "the schedule is not held";
      printAnswer(context, flags, text, { released });
    });
}
