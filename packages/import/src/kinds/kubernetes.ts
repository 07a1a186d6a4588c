/** Imports the CronJobs of Kubernetes. */

import { BeatxError, ConfigError, type JsonObject, type JsonValue, type ScheduleJson } from "@beatx/core";

import { clockChangesOf } from "../base/clock-changes.js";
import { checkZone, type CronDialect, cronRule } from "../base/cron-rule.js";
import type { ImportContext, ImportedEntry, ImportedSchedule, Importer, ImporterOptions, RefusedEntry } from "../base/importer.js"; // prettier-ignore
import { UniqueNames } from "../base/names.js";
import { readSource } from "../base/read-source.js";
import { type CronJob, fieldsOf, readCronJobs } from "../manifest/cron-jobs.js";
import { goDuration } from "../manifest/go-duration.js";

const HELP = `
A CronJob becomes an entry of the task "kubernetes.job" (--task): its arguments are namespace and name, its keyword arguments
image, command and args of its first container. You provide a worker or a handler that starts the job, such as

  kubectl create job --from=cronjob/NAME --namespace NAMESPACE NAME-$(date +%s)

Kept: schedule, timeZone (also TZ= in the schedule), suspend (paused), startingDeadlineSeconds (deadlineMs), and
status.lastScheduleTime as the last run. Take the manifests from the cluster: those in files have no status. Suspend the
CronJobs first, so that they and beatx do not both run.

Examples:
  $ kubectl patch cronjob report -p '{"spec": {"suspend": true}}'
  $ kubectl get cronjobs -A -o yaml | beatx import kubernetes - --resume --dry-run
  $ beatx import kubernetes k8s/*.yaml`;

export const kubernetesImporter: Importer = {
  kind: "kubernetes",
  summary: "CronJobs of Kubernetes, as YAML or JSON",
  source: { name: "file", description: "manifests; - is standard input", count: "many" },
  options: [
    { flags: "--task <name>", description: "name of the task that starts jobs", default: "kubernetes.job" },
    { flags: "--resume", description: "entries run although their CronJobs are suspended" },
  ],
  help: HELP,
  read: readManifests,
};

/** robfig/cron: only a star alone restricts nothing. */
const ROBFIG: CronDialect = {
  dayMatch: "or",
  isRestricted: (field) => !field.split(",").some((part) => /^[*?](?:\/1)?$/.test(part)),
};

async function readManifests(
  sources: readonly string[],
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const names = new UniqueNames();
  const entries: ImportedEntry[] = [];
  const refused: RefusedEntry[] = [];
  for (const source of sources) {
    for (const job of readCronJobs(await readSource(source, context))) {
      try {
        entries.push(toEntry(job, names, options, context));
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        refused.push({ name: `${job.place} (${job.namespace}/${job.name})`, reason: error.message });
      }
    }
  }
  const task = JSON.stringify(options["task"]);
  const handler = `provide a worker or handler of the task ${task}: its arguments are namespace and name of a CronJob`;
  return { entries, refused, notes: entries.length === 0 ? [] : [handler] };
}

function toEntry(job: CronJob, names: UniqueNames, options: ImporterOptions, context: ImportContext): ImportedEntry {
  const { spec, status, name, namespace } = job;
  const { schedule, zoneNote } = readSchedule(job, context);
  const { kwargs, notes } = readTemplate(spec);
  const deadline = spec["startingDeadlineSeconds"];
  const last = status["lastScheduleTime"];
  const suspended = spec["suspend"] === true;
  return {
    name: names.take(namespace === "default" ? name : `${namespace}.${name}`),
    entry: {
      task: options["task"] as string,
      schedule,
      args: [namespace, name],
      ...(Object.keys(kwargs).length === 0 ? {} : { kwargs }),
      ...(typeof deadline === "number" ? { deadlineMs: deadline * 1_000 } : {}),
      description: `CronJob ${namespace}/${name}`,
    },
    paused: suspended && options["resume"] !== true,
    lastRunAt: typeof last === "string" && Number.isFinite(Date.parse(last)) ? Date.parse(last) : null,
    notes: [...zoneNote, ...notes, ...concurrencyNotes(spec), ...clockNotes(schedule, context.clock.now())],
  };
}

interface ReadSchedule {
  readonly schedule: ScheduleJson;
  readonly zoneNote: readonly string[];
}

/** @throws ConfigError */
function readSchedule({ spec, status, metadata, place }: CronJob, context: ImportContext): ReadSchedule {
  const written = spec["schedule"];
  if (typeof written !== "string") throw new ConfigError("spec.schedule is missing: expected a cron line");
  const [, prefixed, line] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(written.trim()) ?? [null, undefined, written.trim()];
  const every = /^@every\s+(\S+)$/.exec(line)?.[1];
  if (every !== undefined) {
    const duration = goDuration(every);
    if (duration === null)
      throw new ConfigError(`${JSON.stringify(line)} is no duration: expected one such as @every 1h30m`);
    const start = status["lastScheduleTime"] ?? metadata["creationTimestamp"];
    const anchor = start === undefined ? {} : { anchor: new Date(start as string).toISOString() };
    // robfig/cron has no part of a second.
    const everyMs = Math.max(1, Math.floor(duration / 1_000)) * 1_000;
    return { schedule: { type: "interval", everyMs, ...anchor }, zoneNote: [] };
  }
  const own = spec["timeZone"] ?? prefixed;
  const zone = checkZone(typeof own === "string" ? own : (context.timezone ?? "UTC"), place);
  const zoneNote = own === undefined && context.timezone === undefined
    ? ["no timeZone: Kubernetes reads it in the zone of its controller manager, taken as UTC (--timezone names another)"]
    : []; // prettier-ignore
  return { schedule: cronRule(withSteps(line), ROBFIG, zone), zoneNote };
}

/** `1/2` in the day of week are steps up to Saturday, which beatx wants to be said. */
function withSteps(line: string): string {
  const fields = line.split(/\s+/);
  const weekday = fields[4]?.replace(/(^|,)(\d|[a-z]{3})(?=\/)/gi, "$1$2-6");
  return fields.length === 5 ? [...fields.slice(0, 4), weekday].join(" ") : line;
}

function readTemplate(spec: Readonly<Record<string, unknown>>): { kwargs: JsonObject; notes: readonly string[] } {
  const jobSpec = fieldsOf(fieldsOf(spec["jobTemplate"])["spec"]);
  const pod = fieldsOf(fieldsOf(jobSpec["template"])["spec"]);
  const containers = Array.isArray(pod["containers"]) ? (pod["containers"] as unknown[]) : [];
  const first = fieldsOf(containers[0]);
  const known = ["image", "command", "args"].filter((field) => first[field] !== undefined);
  const kwargs = Object.fromEntries(known.map((field) => [field, first[field] as JsonValue]));
  const several = `${containers.length} containers: only the first one is in the keyword arguments`;
  return { kwargs, notes: containers.length > 1 ? [several] : [] };
}

function concurrencyNotes({ concurrencyPolicy: policy }: Readonly<Record<string, unknown>>): string[] {
  if (policy === "Forbid")
    return ['concurrencyPolicy: Forbid is not kept: see "overlap" in the docs of schedules, or let the handler look'];
  if (policy === "Replace") return ["concurrencyPolicy: Replace is not kept: beatx ends no run that has begun"];
  return [];
}

function clockNotes(schedule: ScheduleJson, now: number): string[] {
  const { skips, repeats } = clockChangesOf(schedule, now);
  return [
    ...(skips ? ["when the clocks skip its time, Kubernetes does not run it; beatx runs it right after"] : []),
    ...(repeats ? ["when its time comes twice, Kubernetes runs it twice; beatx once, the first time"] : []),
  ];
}
