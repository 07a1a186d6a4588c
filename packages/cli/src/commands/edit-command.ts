import { BeatxError, type Client, ConfigError, type EntryInput, type EntryView, type JsonObject } from "@beatx/core";
import { type Command, Option } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings, type Settings } from "../configuration/settings.js";
import { withEntry } from "../configuration/with-entry.js";
import { type EditedEntry, editInEditor, readEntryFile } from "../entry/edited-text.js";
import {
  addEntryFlags,
  checkUnset,
  collect,
  type EntryFlags,
  OPTIONAL_FIELDS,
  readEntryFlags,
} from "../entry/entry-flags.js";
import { describeNextRun, toJsonEntry } from "../entry/entry-text.js";
import type { CommandContext } from "../output/command-context.js";
import { printAnswer } from "../output/print-answer.js";

const HELP = `
Only the fields that are given change. Without any, $VISUAL or $EDITOR opens the entry as JSON; what is saved then is what the
entry says, and fields that are left out get their defaults. If it cannot be written, the edited text is kept, and the
command says where. An edit of an entry of the configuration overrides that, until "beatx reset".

The edit is refused with exit code 5 if somebody else changes the entry meanwhile, or if the stored revision is not that of
--if-revision ("beatx show" names it).

Fields for --unset: ${OPTIONAL_FIELDS.join(", ")}

Examples:
  $ beatx edit cleanup --schedule "0 4 * * *" --tag nightly
  $ beatx edit cleanup --unset deadlineMs --unset tags
  $ beatx edit cleanup                        opens an editor
  $ beatx edit cleanup --file cleanup.json    takes the whole entry from a file`;

interface EditFlags extends Flags, EntryFlags {
  readonly unset?: readonly string[];
  readonly ifRevision?: string;
  readonly file?: string;
}

export function addEditCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("edit")
    .description("change fields of an entry, or all of it in an editor")
    .argument("<entry>", "name of the entry");
  addStoreFlags(addEntryFlags(command))
    .addOption(unsetOption())
    .option("--file <file>", "take the whole entry from this JSON file")
    .option("--if-revision <revision>", "only if this revision is stored")
    .addHelpText("after", HELP)
    .action((name: string, flags: EditFlags) => editEntry(name, flags, context));
}

/** The choices are for the completion: what is wrong is said by `checkUnset`. */
function unsetOption(): Option {
  const option = new Option("--unset <field>", "take a field back to its default; repeat it for more");
  option.argChoices = [...OPTIONAL_FIELDS];
  return option.argParser(collect);
}

async function editEntry(name: string, flags: EditFlags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const change = readChange(name, flags, settings, context);
  const { view, isChanged } = await withEntry(settings, name, (client) => edit(client, name, change, flags));
  const text = isChanged ? describeEdited(view, settings) : `${name} is as it was: nothing was changed.`;
  printAnswer(context, flags, text, { ...toJsonEntry(view), changed: isChanged });
}

/** Makes the new entry from the stored one. `null`: it stays as it is. */
type Change = (entry: JsonObject) => Promise<EditedEntry | null>;

function readChange(name: string, flags: EditFlags, { timezone }: Settings, context: CommandContext): Change {
  const fields = readEntryFlags(flags, context.clock.now(), timezone);
  const { unset = [], file } = flags;
  checkUnset(unset);
  const hasFields = Object.keys(fields).length + unset.length > 0;
  if (hasFields && file !== undefined) {
    throw new ConfigError("edit takes either --file or the fields that change, not both", { field: "--file" });
  }
  if (hasFields) return (entry) => Promise.resolve({ input: withFields(entry, fields, unset) });
  if (file !== undefined) return async () => ({ input: await readEntryFile(file, context.cwd) });
  return (entry) => editInEditor(name, entry, context);
}

interface Answer {
  readonly view: EntryView;
  readonly isChanged: boolean;
}

async function edit(client: Client, name: string, change: Change, { ifRevision }: EditFlags): Promise<Answer> {
  const view = await client.get(name);
  if (view === null) throw new BeatxError("NOT_FOUND", `there is no entry ${JSON.stringify(name)}`);
  const edited = await change(view.entry);
  if (edited === null) return { view, isChanged: false };
  try {
    const isSame = ifRevision === undefined && isSameJson(edited.input, view.entry);
    const written = isSame ? view : await client.put(name, edited.input, { ifRevision: ifRevision ?? view.revision });
    await edited.written?.();
    return { view: written, isChanged: !isSameJson(written.entry, view.entry) };
  } catch (error) {
    throw edited.refused?.(error) ?? error;
  }
}

function withFields(entry: JsonObject, fields: Partial<EntryInput>, unset: readonly string[]): EntryInput {
  // Without days, what becomes of their runs means nothing.
  const gone = unset.includes("except") ? [...unset, "onExcluded", "exceptTimezone"] : unset;
  const kept = Object.entries({ ...entry, ...fields }).filter(([field]) => !gone.includes(field));
  return Object.fromEntries(kept) as unknown as EntryInput;
}

/** Whether two definitions say the same, in any order of their fields. */
function isSameJson(one: object, other: object): boolean {
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(one) === sorted(other);
}

function describeEdited(view: EntryView, { timezone }: Settings): string {
  const { name, schedule, overridden } = view;
  const note = overridden ? ` It overrides the configuration until "beatx reset ${name}".` : "";
  return `${name} is changed: ${schedule}; ${describeNextRun(view, timezone)}.${note}`;
}
