import type { JsonObject, JsonValue } from "@beatx/core";
import { PublishError } from "@beatx/core/adapter";
import type { JobsOptions } from "bullmq";
import * as field from "./option-fields.js";
import type { FieldReader } from "./option-fields.js";

/** The `options` of an entry as this package understands them: BullMQ's own, read and checked. */
export interface ReadOptions {
  /** `undefined`: the publisher's default queue. */
  readonly queue: string | undefined;
  /** Bytes of the job's data as JSON; BullMQ would refuse the whole batch for one that is larger. */
  readonly sizeLimit: number | undefined;
  readonly job: JobsOptions;
}

const readers: Readonly<Record<string, FieldReader>> = {
  queue: field.readQueue,
  attempts: field.numberFrom(1),
  backoff: field.readBackoff,
  delay: field.numberFrom(0, " of ms"),
  priority: field.readPriority,
  lifo: field.readBoolean,
  removeOnComplete: field.readKeepJobs,
  removeOnFail: field.readKeepJobs,
  keepLogs: field.numberFrom(0),
  stackTraceLimit: field.numberFrom(0),
  sizeLimit: field.numberFrom(1, " of bytes"),
  deduplication: field.readDeduplication,
};

const noParent = "a job of a schedule has no parent";

/** Options of BullMQ that have no place in an entry, and why. */
const refused: Readonly<Record<string, string>> = {
  jobId: "the id is the occurrence's own, so that a repeated job can be recognised",
  repeat: "the schedule of the entry repeats it",
  timestamp: "it is the moment of sending; the instant is in the job's data as beatx.scheduledAt",
  telemetry: "nothing is traced while a schedule sends",
  debounce: 'write "deduplication", as BullMQ does now',
  parent: noParent,
  failParentOnFailure: noParent,
  continueParentOnFailure: noParent,
  ignoreDependencyOnFailure: noParent,
  removeDependencyOnFailure: noParent,
};

/**
 * Reads the options of one entry. `null` counts as absent.
 * @throws PublishError that names the entry, the option, its value and the expected one.
 */
export function readJobOptions(options: JsonObject, entry: string): ReadOptions {
  const read: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(options)) {
    const reader = Object.hasOwn(readers, name) ? readers[name]! : undefined;
    if (!reader) throw new PublishError(explainUnknown(entry, name));
    if (value !== null) read[name] = readOne(reader, entry, name, value);
  }
  const { queue, sizeLimit, ...job } = read;
  return { queue: queue as string | undefined, sizeLimit: sizeLimit as number | undefined, job };
}

function readOne(reader: FieldReader, entry: string, name: string, value: JsonValue): JsonValue {
  try {
    return reader(value);
  } catch (cause) {
    if (!(cause instanceof field.WrongValue)) throw cause;
    const shown = JSON.stringify(value).slice(0, 200);
    throw new PublishError(`entry ${JSON.stringify(entry)}: option "${name}" is ${shown}: ${cause.expected}`);
  }
}

function explainUnknown(entry: string, name: string): string {
  const where = `entry ${JSON.stringify(entry)}: option "${name}"`;
  if (Object.hasOwn(refused, name)) return `${where} is not allowed: ${refused[name]}`;
  return `${where} is unknown to a BullMQ publisher (known: ${Object.keys(readers).join(", ")})`;
}
