/** Imports the job schedulers of BullMQ, by its own API. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { BeatxError, ConfigError, type EntryInput, type JsonObject, type JsonValue, parseSchedule, type ScheduleJson, StoreError } from "@beatx/core"; // prettier-ignore
import { redactUri } from "@beatx/core/adapter";
import type * as bullmq from "bullmq";
import type { JobSchedulerJson, Queue } from "bullmq";

import { type CronDialect, cronRule } from "../base/cron-rule.js";
import type { ImportContext, ImportedEntry, ImportedSchedule, Importer, ImporterOptions, RefusedEntry } from "../base/importer.js"; // prettier-ignore
import { UniqueNames } from "../base/names.js";

const HELP = `
A job scheduler becomes an entry: the job's name is its task, and data.args and data.kwargs its arguments; any other data becomes
the keyword arguments, so a worker finds it in job.data.kwargs. The publisher of beatx has to be bullmq+redis:…; the queue and
the options of the jobs are kept.

BullMQ has put the next job of each scheduler into the queue already. With --remove the scheduler goes away once its entry is
written. Its next job stays in the queue, as a job of its own, and beatx sends those after it: nothing is lost, and nothing
runs twice. The queues are paused for that moment, so that no scheduler goes on meanwhile. Without --remove both go on: nothing
but a look.

Examples:
  $ beatx import bullmq mail reports --redis redis://127.0.0.1:6379/0 --dry-run
  $ beatx import bullmq mail --redis redis://127.0.0.1:6379/0 --remove`;

export const bullmqImporter: Importer = {
  kind: "bullmq",
  summary: "job schedulers of BullMQ queues",
  source: { name: "queue", description: "names of the queues", count: "many" },
  options: [
    { flags: "--redis <uri>", description: "the Redis of the queues", default: "redis://127.0.0.1:6379/0" },
    { flags: "--bullmq-prefix <text>", description: "prefix of the queues' keys", default: "bull" },
    { flags: "--remove", description: "remove the job schedulers whose entries have been written" },
  ],
  help: HELP,
  read: readQueues,
};

/** cron-parser: anything but a star alone restricts. */
const CRON_PARSER: CronDialect = { dayMatch: "or", isRestricted: (field) => field !== "*" && field !== "?" };

/** A job scheduler, and the queue that it is in. */
interface Found {
  readonly queue: Queue;
  readonly scheduler: JobSchedulerJson;
}

async function readQueues(
  sources: readonly string[],
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const { Queue: BullQueue } = await loadBullmq(context.cwd);
  const [uri, prefix] = [options["redis"] as string, options["bullmqPrefix"] as string];
  if (!/^rediss?:\/\/./.test(uri)) {
    throw new ConfigError(
      "--redis is no URI of a Redis: expected redis://[user:password@]host[:6379][/0] or rediss://…",
    );
  }
  // Without a limit BullMQ asks a server that is down again and again.
  const connection = { url: uri, maxRetriesPerRequest: 1, retryStrategy: () => null };
  const queues = sources.map((name) => new BullQueue(name, { connection, prefix }));
  const paused: Queue[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(paused.map((queue) => queue.resume()));
    await Promise.allSettled(queues.map((queue) => queue.close()));
  };
  try {
    // An error event without a listener would end the process; the call below rejects with it.
    for (const queue of queues) queue.on("error", () => undefined);
    // A scheduler goes on when a worker takes its job: no worker takes one of a queue that is paused.
    for (const queue of options["remove"] === true && !context.dryRun ? queues : []) {
      if (await queue.isPaused()) continue;
      paused.push(queue);
      await queue.pause();
    }
    return { ...(await readSchedulers(queues, options, context.clock.now())), close };
  } catch (cause) {
    await close();
    if (BeatxError.isInstance(cause)) throw cause;
    const why = `${messageOf(cause)}. Is Redis running, and is --redis right?`;
    throw new StoreError(`the queues in ${redactUri(uri)} cannot be read: ${why}`, { cause });
  }
}

async function readSchedulers(
  queues: readonly Queue[],
  options: ImporterOptions,
  now: number,
): Promise<ImportedSchedule> {
  const names = new UniqueNames();
  const found = new Map<string, Found>();
  const entries: ImportedEntry[] = [];
  const refused: RefusedEntry[] = [];
  const notes: string[] = [];
  for (const queue of queues) {
    const schedulers = (await queue.getJobSchedulers(0, -1, true)).filter((each) => each != null);
    if (schedulers.length === 0) notes.push(`the queue ${JSON.stringify(queue.name)} has no job schedulers`);
    for (const scheduler of schedulers) {
      try {
        const entry = toEntry(scheduler, queue.name, names, now);
        entries.push(entry);
        found.set(entry.name, { queue, scheduler });
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        refused.push({ name: `${queue.name}: ${scheduler.key}`, reason: error.message });
      }
    }
  }
  if (entries.length > 0 && options["remove"] !== true) {
    notes.push("the job schedulers go on: import with --remove, or each job runs twice as soon as a beatx node leads");
  }
  return options["remove"] === true
    ? { entries, refused, notes, afterWrite: (written) => removeAll(found, written) }
    : { entries, refused, notes };
}

/** The next job is in the queue already. If it is due later, the entry starts behind it: no moment ahead of now is a last run. */
function toEntry(scheduler: JobSchedulerJson, queue: string, names: UniqueNames, now: number): ImportedEntry {
  const { key, name, next, template, startDate, endDate, limit, iterationCount } = scheduler;
  const isAhead = next !== undefined && next > now;
  const startAt = isAhead ? next + 1 : startDate;
  const schedule = bullmqRule(scheduler);
  const { args, kwargs, isWrapped } = argumentsOf(template?.data as JsonValue | undefined);
  const entry: EntryInput = {
    task: name,
    schedule,
    ...(args.length === 0 ? {} : { args }),
    ...(Object.keys(kwargs).length === 0 ? {} : { kwargs }),
    options: { queue, ...optionsOf(template?.opts) },
    ...(startAt === undefined ? {} : { startAt }),
    ...(endDate === undefined ? {} : { endAt: endDate }),
    ...(limit === undefined ? {} : { maxRuns: Math.max(1, limit - (iterationCount ?? 0)) }),
    // Its last job is in the queue already.
    ...(limit !== undefined && (iterationCount ?? 0) >= limit ? { enabled: false } : {}),
    description: `job scheduler ${key} of the queue ${queue}`,
  };
  const wrapped = "its data is no object with args and kwargs: the worker finds it in job.data.kwargs";
  return {
    name: names.take(key),
    entry,
    lastRunAt: isAhead ? null : (next ?? null),
    notes: isWrapped ? [wrapped] : [],
  };
}

/** The rule of a job scheduler as JSON. @throws ConfigError for a rule that is not BullMQ's own */
export function bullmqRule({
  every,
  pattern,
  tz,
  next,
}: Pick<JobSchedulerJson, "every" | "pattern" | "tz" | "next">): ScheduleJson {
  if (every !== undefined) {
    // Its jobs keep their distance from each other, wherever the first one was.
    const anchor = next === undefined ? {} : { anchor: new Date(next).toISOString() };
    return parseSchedule({ type: "interval", everyMs: Number(every), ...anchor }).toJSON();
  }
  if (pattern === undefined)
    throw new ConfigError("it has neither a pattern nor an interval: its strategy is not BullMQ's own");
  return cronRule(pattern, CRON_PARSER, tz ?? "UTC");
}

interface Arguments {
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  readonly isWrapped: boolean;
}

/** Data of beatx's own form is taken apart. */
function argumentsOf(data: JsonValue | undefined): Arguments {
  if (data === undefined || data === null) return { args: [], kwargs: {}, isWrapped: false };
  if (typeof data !== "object" || Array.isArray(data)) return { args: [data], kwargs: {}, isWrapped: true };
  const { args, kwargs, ...rest } = data as JsonObject;
  const isOwn = Array.isArray(args) && typeof kwargs === "object" && Object.keys(rest).length === 0;
  if (isOwn) return { args, kwargs: kwargs as JsonObject, isWrapped: false };
  const isEmpty = Object.keys(data).length === 0;
  return { args: [], kwargs: data as JsonObject, isWrapped: !isEmpty };
}

/** Options of a job that belong to one occurrence. */
const OF_ONE = new Set(["repeat", "jobId", "delay", "timestamp", "prevMillis", "repeatJobKey", "telemetry", "parent"]);

function optionsOf(opts: object | undefined): JsonObject {
  const kept = Object.entries(opts ?? {}).filter(([key, value]) => value !== undefined && !OF_ONE.has(key));
  return JSON.parse(JSON.stringify(Object.fromEntries(kept))) as JsonObject;
}

async function removeAll(found: ReadonlyMap<string, Found>, written: ReadonlySet<string>): Promise<string[]> {
  const lines: string[] = [];
  for (const name of written) {
    const each = found.get(name);
    if (each) lines.push(`${name}: ${await removeOne(each)}`);
  }
  return lines;
}

/**
 * Removing a scheduler takes its next job out of the queue, unless that is due already. beatx counts it as sent, so it goes back as
 * a job of its own.
 */
async function removeOne({ queue, scheduler }: Found): Promise<string> {
  const { key, name, template } = scheduler;
  const { next } = scheduler;
  const id = `repeat:${key}:${next}`;
  const job = next === undefined ? undefined : await queue.getJob(id);
  if (!(await queue.removeJobScheduler(key))) return "the job scheduler was gone already";
  if (next === undefined || job === undefined || (await queue.getJob(id)) !== undefined)
    return "the job scheduler is removed";
  const when = { timestamp: job.timestamp, delay: Math.max(0, next - job.timestamp) };
  const jobId = `moved-${key.replaceAll(":", "-")}-${next}`;
  await queue.add(name, job.data, { ...optionsOf(template?.opts), ...when, jobId });
  return `the job scheduler is removed; its job for ${new Date(next).toISOString()} stays in the queue`;
}

type Bullmq = typeof bullmq;

async function loadBullmq(cwd: string): Promise<Bullmq> {
  try {
    return await import("bullmq");
  } catch {
    try {
      const file = createRequire(join(cwd, "beatx")).resolve("bullmq");
      return (await import(pathToFileURL(file).href)) as Bullmq;
    } catch (cause) {
      throw new ConfigError("job schedulers are read with BullMQ itself: npm install bullmq", { cause });
    }
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.+$/, "");
}
