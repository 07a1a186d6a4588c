/** An entry as JSON in a file: in an editor, or as somebody wrote it. */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BeatxError, ConfigError, type EntryInput, type JsonObject } from "@beatx/core";
import type { CommandContext } from "../output/command-context.js";

/** What an edit makes of an entry. */
export interface EditedEntry {
  readonly input: EntryInput;
  /** The error to show for one of writing it: it says where the edited text is kept. */
  refused?(error: unknown): unknown;
  /** Called when it is written. */
  written?(): Promise<void>;
}

/**
 * Opens the entry in the user's editor, and waits for its end. `null`: the text was left as it was.
 * @throws ConfigError without an editor, or for a text that is no JSON object, which is kept in its file
 */
export async function editInEditor(
  name: string,
  entry: JsonObject,
  { env, stdout }: CommandContext,
): Promise<EditedEntry | null> {
  const editor = (env["VISUAL"] || env["EDITOR"])?.trim();
  const wayOut = `give the fields that change ("beatx edit --help" lists them), or the entry as JSON: beatx edit ${name} --file FILE`;
  if (!editor)
    throw new ConfigError(`no editor is set in VISUAL or EDITOR: set one, or ${wayOut}`, { field: "EDITOR" });
  if (env["TERM"] === "dumb" && stdout.isTTY) {
    throw new ConfigError(`this terminal cannot show an editor: ${wayOut}`, { field: "TERM" });
  }
  const folder = await mkdtemp(join(tmpdir(), "beatx-edit-"));
  const file = join(folder, "entry.json");
  const before = `${JSON.stringify(entry, null, 2)}\n`;
  await writeFile(file, before, { mode: 0o600 });
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await runEditor(editor, file, env);
  } catch (error) {
    if ((await readFile(file, "utf8").catch(() => before)) === before) await discard();
    throw error;
  }
  const text = await readFile(file, "utf8");
  if (text === before) {
    await discard();
    return null;
  }
  const refused = (error: unknown): unknown => (BeatxError.isInstance(error) ? keptIn(file, name, error) : error);
  try {
    return { input: parseEntry(text, file), refused, written: discard };
  } catch (error) {
    throw refused(error);
  }
}

/** The entry in a file that somebody wrote. @throws ConfigError if it cannot be read, or is no JSON object */
export async function readEntryFile(named: string, cwd: string): Promise<EntryInput> {
  const file = resolve(cwd, named);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(`--file ${named} cannot be read: ${cause.code ?? cause.message}`, { field: "--file", cause });
  });
  return parseEntry(text, named);
}

function parseEntry(text: string, file: string): EntryInput {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as EntryInput;
  } catch (cause) {
    throw new ConfigError(`${file} is not JSON: ${(cause as Error).message}`, { field: "file", cause });
  }
  throw new ConfigError(`${file} is not the JSON object of an entry: {"task": …, "schedule": …}`, { field: "file" });
}

/** The same error, with the place of the edited text: nothing of it is lost. */
function keptIn(file: string, name: string, error: BeatxError): BeatxError {
  const wayOut = `correct it and repeat: beatx edit ${name} --file ${file}`;
  const message = `${error.message}\nThe entry is as it was. Your text is kept in ${file}: ${wayOut}`;
  return new BeatxError(error.code, message, { cause: error });
}

/** As git does it: the editor may be a command with arguments of its own. */
function runEditor(editor: string, file: string, env: CommandContext["env"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const quoted = process.platform === "win32" ? `"${file}"` : `'${file.replaceAll("'", `'\\''`)}'`;
    const child = spawn(`${editor} ${quoted}`, { shell: true, stdio: "inherit", env: { ...process.env, ...env } });
    child.on("error", (cause) => reject(failed(editor, cause.message)));
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(failed(editor, `it ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

function failed(editor: string, why: string): ConfigError {
  return new ConfigError(`the editor "${editor}" failed: ${why}. The entry is as it was`, { field: "EDITOR" });
}
