/** Imports crontabs: those of users, `/etc/crontab` and the files of `/etc/cron.d`. */

import { basename } from "node:path";

import { BeatxError, ConfigError, type JsonObject } from "@beatx/core";

import { checkZone, CRON, cronRule, localZone } from "../base/cron-rule.js";
import type {
  ImportContext,
  ImportedEntry,
  ImportedSchedule,
  Importer,
  ImporterOptions,
  RefusedEntry,
} from "../base/importer.js";
import { UniqueNames } from "../base/names.js";
import { placeOf, readSource, type SourceText } from "../base/read-source.js";
import { commandName } from "../crontab/command-name.js";
import { type CrontabFormat, type CrontabJob, readCrontabLines } from "../crontab/crontab-lines.js";

const HELP = `
A job becomes an entry of the task "shell" (--task): its argument is the command, its keyword arguments are env, user and
input, if the crontab gives them. You provide a worker or a handler of that name:

  handlers: { shell: ({ args: [command] }) => promisify(exec)(command) }

Kept: all rules, CRON_TZ, comments above a job (as its description), % in commands, RANDOM_DELAY (as jitterMs).
Not kept: @reboot, and mail (MAILTO). Cron keeps no last runs: with --since MOMENT, the moment at which you stop it, what it
would have run from then on is caught up.

Examples:
  $ crontab -l | beatx import crontab - --dry-run
  $ beatx import crontab /etc/crontab /etc/cron.d/*
  $ beatx import crontab jobs.cron --timezone Europe/Berlin --prefix host1. --print > beat.config.json`;

export const crontabImporter: Importer = {
  kind: "crontab",
  summary: "crontab files, or - for standard input",
  source: { name: "file", description: "crontab files; - is standard input", count: "many" },
  options: [
    {
      flags: "--format <format>",
      description: "system: lines have a user, as in /etc/crontab (default: by the file's path)",
      choices: ["user", "system"],
    },
    { flags: "--task <name>", description: "name of the task that runs commands", default: "shell" },
  ],
  help: HELP,
  read: readCrontabs,
};

async function readCrontabs(
  sources: readonly string[],
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const names = new UniqueNames();
  const entries: ImportedEntry[] = [];
  const refused: RefusedEntry[] = [];
  const notes: string[] = [];
  let hasMail = false;
  for (const source of sources) {
    const file = await readSource(source, context);
    const { jobs, unreadable } = readCrontabLines(file.text, formatOf(source, options));
    const failed = [...unreadable];
    for (const job of jobs) {
      try {
        entries.push(toEntry(job, file, names, options, context));
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        failed.push({ line: job.line, reason: error.message });
      }
      hasMail ||= job.variables["MAILTO"] !== undefined && job.variables["MAILTO"] !== "";
    }
    failed.sort((a, b) => a.line - b.line);
    for (const { line, reason } of failed) refused.push({ name: placeOf(file, line), reason });
    if (jobs.some(({ user, command }) => user === null && /^root\s/.test(command))) notes.push(userNote(file));
  }
  if (entries.length > 0) notes.push(handlerNote(options["task"] as string));
  if (hasMail) notes.push("MAILTO is not kept: beatx sends no mail with what a command prints");
  return { entries, refused, notes };
}

function userNote({ name }: SourceText): string {
  return `${name}: commands begin with "root", which seems to be the user: --format system reads it as such`;
}

function handlerNote(task: string): string {
  return `provide a worker or handler of the task ${JSON.stringify(task)}: its first argument is a shell command`;
}

function formatOf(source: string, { format }: ImporterOptions): CrontabFormat {
  if (format === "user" || format === "system") return format;
  return /(?:^|\/)(?:etc\/crontab|cron\.d\/[^/]+)$/.test(source) ? "system" : "user";
}

/** What cron itself reads, and not the command. */
const CRON_VARIABLES = new Set(["CRON_TZ", "MAILTO", "MAILFROM", "RANDOM_DELAY", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING"]); // prettier-ignore

function toEntry(
  job: CrontabJob,
  file: SourceText,
  names: UniqueNames,
  { task }: ImporterOptions,
  context: ImportContext,
): ImportedEntry {
  const { rule, user, command, input, comment, variables } = job;
  const zone = checkZone(variables["CRON_TZ"] ?? context.timezone ?? localZone(), placeOf(file, job.line));
  const written = commandName(command);
  const schedule = readRule(rule, zone, written);
  const name = names.take(written);
  const env = Object.fromEntries(Object.entries(variables).filter(([key]) => !CRON_VARIABLES.has(key)));
  const kwargs: JsonObject = {
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(user === null ? {} : { user }),
    ...(input === null ? {} : { input }),
  };
  const jitterMs = 60_000 * Number(/^\d+$/.exec(variables["RANDOM_DELAY"] ?? "")?.[0] ?? 0);
  const from = basename(file.name);
  return {
    name,
    entry: {
      task: task as string,
      schedule,
      args: [command],
      ...(Object.keys(kwargs).length === 0 ? {} : { kwargs }),
      ...(jitterMs === 0 ? {} : { jitterMs }),
      description: comment === "" ? `${from}, line ${job.line}` : comment,
    },
    lastRunAt: null,
    notes: [
      ...(rule.includes("~") ? ["~ draws a new time whenever cron reads its file; here the time stays the same"] : []),
      ...(jitterMs === 0 ? [] : ["RANDOM_DELAY is drawn when cron starts; here the delay stays the same"]),
      ...(variables["TZ"] !== undefined && variables["CRON_TZ"] === undefined ? [zoneNote(zone)] : []),
    ],
  };
}

function zoneNote(zone: string): string {
  return `TZ is kept for the command only, as in cron, which reads the times in its own zone: ${zone}`;
}

/** @throws ConfigError for a rule that has no times */
function readRule(rule: string, zone: string, name: string): ReturnType<typeof cronRule> {
  if (/^@reboot$/i.test(rule)) {
    throw new ConfigError("@reboot is not kept: nodes start and stop at any time, so no run belongs to a start");
  }
  if (/^@\d+$/.test(rule)) {
    throw new ConfigError(
      `${rule} counts from the end of the last run: write an interval, such as "${rule.slice(1)}s"`,
    );
  }
  const fields = rule.split(/\s+/).map((field, index) => field.replace(/(\d*)~(\d*)/g, (_all, low: string, high: string) => hashed(low, high, index))); // prettier-ignore
  return cronRule(fields.join(" "), CRON, zone, rule.includes("~") ? name : undefined);
}

const LIMITS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** cronie's random time: one between two, or any. */
function hashed(low: string, high: string, index: number): string {
  const [least, most] = LIMITS[index] ?? LIMITS[0];
  return low === "" && high === "" ? "H" : `H(${low || least}-${high || most})`;
}
