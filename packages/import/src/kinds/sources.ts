/** Imports what source files schedule with node-cron, cron and @nestjs/schedule: they are read, not run. */

import { basename } from "node:path";

import { BeatxError, ConfigError, type EntryInput, type ScheduleJson } from "@beatx/core";

import { clockChangesOf } from "../base/clock-changes.js";
import { checkZone, type CronDialect, cronRule, localZone } from "../base/cron-rule.js";
import type { ImportContext, ImportedEntry, ImportedSchedule, Importer, ImporterOptions, RefusedEntry } from "../base/importer.js"; // prettier-ignore
import { nameFrom, UniqueNames } from "../base/names.js";
import { placeOf, readSource, type SourceText } from "../base/read-source.js";
import { findJobs, type FoundJob, type JobKind } from "../source/found-jobs.js";
import { readModule } from "../source/syntax.js";

const HELP = (example: string): string => `
A job becomes an entry whose task has its name: the one that the program gives it, or that of its function, method or variable.
You provide a worker or a handler of that name, which does what the function did.

The sources are read, not run. A rule that is known only when the program runs, such as one from the environment, is printed with
its file and line. Jobs without a zone run in that of their machine: --timezone names it, else it is that of this machine.

Examples:
  ${example}`;

export const nodeCronImporter: Importer = {
  kind: "node-cron",
  summary: "source files that use node-cron or cron",
  source: { name: "file", description: "JavaScript or TypeScript sources", count: "many" },
  options: [],
  help: HELP("$ beatx import node-cron src/jobs.js src/more/*.ts --timezone Europe/Berlin --dry-run"),
  read: readSources(["node-cron", "cron"]),
};

export const nestjsImporter: Importer = {
  kind: "nestjs",
  summary: "source files that use @nestjs/schedule",
  source: { name: "file", description: "TypeScript sources", count: "many" },
  options: [],
  help: HELP("$ beatx import nestjs src/**/*.service.ts --dry-run"),
  read: readSources(["nest-cron", "nest-interval", "nest-timeout", "cron"]),
};

function readSources(kinds: readonly JobKind[]): Importer["read"] {
  return async (sources: readonly string[], _options: ImporterOptions, context: ImportContext) => {
    const names = new UniqueNames();
    const entries: ImportedEntry[] = [];
    const refused: RefusedEntry[] = [];
    for (const source of sources) {
      const file = await readSource(source, context);
      const [jobs, unreadable] = findJobs(readModule(file));
      for (const { line, reason } of unreadable) refused.push({ name: placeOf(file, line), reason });
      for (const job of jobs.filter(({ kind }) => kinds.includes(kind))) {
        try {
          entries.push(toEntry(job, file, names, context));
        } catch (error) {
          if (!BeatxError.isInstance(error)) throw error;
          refused.push({ name: placeOf(file, job.line), reason: error.message });
        }
      }
    }
    return { entries, refused, notes: notesOn(entries) };
  };
}

function notesOn(entries: readonly ImportedEntry[]): ImportedSchedule["notes"] {
  const tasks = [...new Set(entries.map(({ entry }) => JSON.stringify(entry.task)))];
  return tasks.length === 0 ? [] : [`provide workers or handlers of the tasks ${tasks.join(", ")}`];
}

/** node-cron wants both kinds of days to match, cron one of them. */
const NODE_CRON: CronDialect = { dayMatch: "and", isRestricted: () => true };
const FULL = new Set(["*", "?", "*/1", "1-31", "0-6", "0-7", "1-7"]);
const CRON_PACKAGE: CronDialect = { dayMatch: "or", isRestricted: (field) => !FULL.has(field) };

function toEntry(job: FoundJob, file: SourceText, names: UniqueNames, context: ImportContext): ImportedEntry {
  const place = placeOf(file, job.line);
  const schedule = scheduleOf(job, place, context);
  const name = names.take(nameFrom(job.name, nameFrom(`${basename(file.name)}-${job.line}`, "job")));
  const { maxExecutions, maxRandomDelay } = job.settings;
  const entry: EntryInput = {
    task: name,
    schedule,
    ...(job.enabled ? {} : { enabled: false }),
    ...(typeof maxExecutions === "number" ? { maxRuns: maxExecutions } : {}),
    ...(typeof maxRandomDelay === "number" ? { spreadMs: maxRandomDelay } : {}),
    description: `${job.kind} in ${place}`,
  };
  return { name, entry, lastRunAt: null, notes: notesOf(name, job, schedule, context) };
}

/** @throws ConfigError */
function scheduleOf({ kind, rule, timezone, settings }: FoundJob, place: string, context: ImportContext): ScheduleJson {
  if (kind === "nest-timeout")
    throw new ConfigError("a timeout runs once after each start of the program: beatx has no such rule");
  if (kind === "nest-interval") {
    if (typeof rule !== "number") throw new ConfigError("its interval is no number of ms");
    return { type: "interval", everyMs: rule };
  }
  if (typeof rule !== "string") throw new ConfigError("its rule is a moment, or no text");
  if (settings["utcOffset"] !== undefined)
    throw new ConfigError("utcOffset is no zone: write timeZone instead, such as Etc/GMT-2");
  const zone = checkZone(timezone ?? context.timezone ?? localZone(), place);
  return cronRule(rule, kind === "node-cron" ? NODE_CRON : CRON_PACKAGE, zone);
}

function notesOf(
  name: string,
  { kind, enabled, settings }: FoundJob,
  schedule: ScheduleJson,
  { clock }: ImportContext,
): string[] {
  const { skips, repeats } = clockChangesOf(schedule, clock.now());
  const noOverlap = settings["noOverlap"] === true || settings["waitForCompletion"] === true;
  return [
    ...(kind === "nest-interval" ? ["it counts from the start of the program there, and from 1970 here"] : []),
    ...(enabled ? [] : [`it does not run by itself: beatx edit ${name} --enabled lets it`]),
    ...(noOverlap ? ['that its runs must not overlap is not kept: see "overlap" in the docs of schedules'] : []),
    ...(skips || repeats
      ? ["when the clocks change over its time, the package may skip or repeat it; beatx runs it once"]
      : []),
  ];
}
