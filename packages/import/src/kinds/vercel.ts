/** Imports the crons of `vercel.json`. */

import { BeatxError, ConfigError } from "@beatx/core";
import { describe } from "@beatx/core/adapter";

import { CRON, cronRule } from "../base/cron-rule.js";
import type { ImportContext, ImportedEntry, ImportedSchedule, Importer, ImporterOptions, RefusedEntry } from "../base/importer.js"; // prettier-ignore
import { nameFrom, UniqueNames } from "../base/names.js";
import { readSource, type SourceText } from "../base/read-source.js";

const HELP = `
A cron becomes an entry of the task "http.get" (--task) whose argument is the path. You provide a worker or a handler that
requests it, with the header that your functions expect (Authorization: Bearer $CRON_SECRET). Times are in UTC, as on Vercel,
which runs a cron at some moment of its minute, or on the Hobby plan of its hour, and keeps no last runs that can be read.

Examples:
  $ beatx import vercel vercel.json --dry-run
  $ beatx import vercel vercel.json --url https://shop.example.com`;

export const vercelImporter: Importer = {
  kind: "vercel",
  summary: "the crons of vercel.json",
  source: { name: "file", description: "vercel.json; - is standard input", count: "many" },
  options: [
    { flags: "--task <name>", description: "name of the task that requests a path", default: "http.get" },
    { flags: "--url <origin>", description: "put in front of each path" },
  ],
  help: HELP,
  read: readVercel,
};

async function readVercel(
  sources: readonly string[],
  { task, url = "" }: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const names = new UniqueNames();
  const entries: ImportedEntry[] = [];
  const refused: RefusedEntry[] = [];
  for (const source of sources) {
    const file = await readSource(source, context);
    for (const [index, cron] of cronsOf(file).entries()) {
      const place = `${file.name}: crons[${index}]`;
      try {
        const { path, schedule } = readCron(cron);
        const rule = cronRule(schedule, CRON, "UTC");
        const entry = { task: task as string, schedule: rule, args: [`${String(url).replace(/\/$/, "")}${path}`] };
        entries.push({ name: names.take(nameFrom(path, "cron")), entry, lastRunAt: null, notes: [] });
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        refused.push({ name: place, reason: error.message });
      }
    }
  }
  const handler = `provide a worker or handler of the task ${JSON.stringify(task)}: it requests the ${url === "" ? "path" : "URL"} in its first argument`;
  return { entries, refused, notes: entries.length === 0 ? [] : [handler] };
}

/** @throws ConfigError that names the file */
function cronsOf({ name, text }: SourceText): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${name}: it is not valid JSON: ${(cause as Error).message}`, { field: "source" });
  }
  const crons = (value as { crons?: unknown } | null)?.crons;
  if (Array.isArray(crons)) return crons;
  throw new ConfigError(`${name}: it has no "crons": expected a list of paths and schedules`, { field: "source" });
}

function readCron(cron: unknown): { path: string; schedule: string } {
  const { path, schedule } = (cron ?? {}) as { path?: unknown; schedule?: unknown };
  if (typeof path !== "string" || !path.startsWith("/"))
    throw new ConfigError(`its path is ${describe(path)}: expected text that begins with a slash`);
  if (typeof schedule !== "string") throw new ConfigError("its schedule is missing: expected a cron line");
  return { path, schedule };
}
