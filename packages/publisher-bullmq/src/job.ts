import type { JsonObject, JsonValue, Message } from "@beatx/core";
import { PublishError, RevisionData } from "@beatx/core/adapter";
import type { JobsOptions } from "bullmq";
import { readJobOptions } from "./job-options.js";
import type { ReadOptions } from "./job-options.js";
import { overlapOf } from "./overlap.js";
import type { HeldJob } from "./overlap.js";

/** The `job.data` that a worker gets: `new Worker<BeatxJobData>("mail", …)`. */
export interface BeatxJobData {
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  readonly beatx: {
    /** Name of the entry. */
    readonly entry: string;
    /** The instant it was due, ISO 8601 with milliseconds. */
    readonly scheduledAt: string;
    /** Number of the leader's term; do not reject by it (R13). */
    readonly fence: number;
    /** ISO 8601; do not start the job after this. BullMQ does not check it: the processor must. */
    readonly expiresAt?: string;
  };
}

/** One message as BullMQ takes it. */
export interface PreparedJob {
  readonly queue: string;
  /** Length of args and kwargs as JSON. */
  readonly characters: number;
  readonly job: { readonly name: string; readonly data: BeatxJobData; readonly opts: JobsOptions };
  /** `undefined`: the runs of its entry may overlap. */
  readonly hold: HeldJob | undefined;
}

interface Template extends ReadOptions {
  readonly characters: number;
}

/**
 * BullMQ refuses ids of digits only and most ids with a `:`. It drops a job whose id it knows, so different messages must
 * never share one.
 */
export function jobIdOf(messageId: string): string {
  return `beatx-${encodeURIComponent(messageId)}`;
}

/** Makes jobs. Reads the options that all messages of an entry share once. */
export function createJobMaker(defaultQueue: string): (message: Message) => PreparedJob {
  const templates = new RevisionData<Template>();

  /** @throws PublishError for a message that can never be sent. */
  return function makeJob(message) {
    const { templateKey } = message;
    const template = templates.get(templateKey) ?? templates.keep(templateKey, readTemplate(message));
    const { queue = defaultQueue, characters, sizeLimit, job } = template;
    const data = dataOf(message);
    if (sizeLimit !== undefined) checkSize(message.entry, data, sizeLimit);
    const jobId = jobIdOf(message.id);
    const overlap = overlapOf(message);
    if (!overlap) {
      return { queue, characters, job: { name: message.task, data, opts: { ...job, jobId } }, hold: undefined };
    }
    if (job.deduplication) throw new PublishError(explainTwice(message.entry));
    const deduplication = { id: overlap.deduplicationId };
    const opts = { ...job, jobId, deduplication };
    return { queue, characters, job: { name: message.task, data, opts }, hold: { ...overlap, jobId } };
  };
}

function explainTwice(entry: string): string {
  const reason = "overlap is made of it: leave one of the two out";
  return `entry ${JSON.stringify(entry)}: option "deduplication" and the field overlap exclude each other, because ${reason}`;
}

function readTemplate({ options, entry, args, kwargs }: Message): Template {
  return { ...readJobOptions(options, entry), characters: JSON.stringify([args, kwargs]).length };
}

function dataOf({ args, kwargs, entry, scheduledAt, expiresAt, fence }: Message): BeatxJobData {
  const beatx = { entry, scheduledAt: new Date(scheduledAt).toISOString(), fence };
  if (expiresAt === null) return { args, kwargs, beatx };
  return { args, kwargs, beatx: { ...beatx, expiresAt: new Date(expiresAt).toISOString() } };
}

function checkSize(entry: string, data: BeatxJobData, sizeLimit: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes <= sizeLimit) return;
  const advice = 'shorten args and kwargs, or raise option "sizeLimit"';
  throw new PublishError(`entry ${JSON.stringify(entry)}: its job has ${bytes} bytes, of ${sizeLimit}: ${advice}`);
}
