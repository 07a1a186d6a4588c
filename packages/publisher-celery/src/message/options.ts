import type { JsonObject, JsonValue } from "@beatx/core";
import { PublishError } from "@beatx/core";
import * as field from "./option-fields.js";
import type { FieldReader, Moment } from "./option-fields.js";
import { protocolHeaders } from "./protocol-headers.js";
import { addArgument, TYPE_ARGUMENT } from "./queue-arguments.js";

/** The `options` of an entry as this package understands them: Celery's `apply_async` options, read and checked. */
export interface CeleryOptions {
  /** `null`: the publisher's default queue. */
  readonly queue: string | null;
  readonly exchange: string | null;
  readonly routingKey: string | null;
  /** 0 to 9; on Redis 0 is taken first. */
  readonly priority: number;
  readonly expires: Moment | null;
  readonly eta: Moment | null;
  readonly headers: JsonObject;
  /** Seconds. */
  readonly timeLimit: number | null;
  /** Seconds. */
  readonly softTimeLimit: number | null;
  readonly ignoreResult: boolean;
  readonly shadow: string | null;
  readonly deliveryMode: 1 | 2;
  readonly compressed: boolean;
  readonly callbacks: readonly JsonObject[] | null;
  readonly errbacks: readonly JsonObject[] | null;
  /** RabbitMQ: how to declare the queue if it is missing, `queue_type` included; `null`: the entry does not say. */
  readonly queueArguments: JsonObject | null;
}

const readers = {
  queue: field.readName,
  exchange: field.readName,
  routing_key: field.readName,
  priority: field.readPriority,
  expires: field.readExpires,
  countdown: field.readCountdown,
  eta: field.readDate,
  headers: readHeaders,
  time_limit: field.readSeconds,
  soft_time_limit: field.readSeconds,
  ignore_result: field.readBoolean,
  shadow: field.readName,
  delivery_mode: field.readDeliveryMode,
  compression: field.readCompression,
  serializer: field.readSerializer,
  link: field.readSignatures,
  link_error: field.readSignatures,
  queue_type: field.readQueueType,
  queue_arguments: field.readQueueArguments,
} satisfies Record<string, FieldReader<unknown>>;

type OptionName = keyof typeof readers;

/** Options of `apply_async` that have no place in an entry, and what to do instead. */
const refused: Readonly<Record<string, string>> = {
  task_id: "the id is the occurrence's own, so that a repeated message can be recognised",
  retry: "beatx repeats a failed publish itself",
  retry_policy: "beatx repeats a failed publish itself",
  chain: "call the other tasks from the task, or use link",
  chord: "call the other tasks from the task, or use link",
};

/**
 * Reads the options of one entry. `null` counts as absent, as Celery's `None` does.
 * @throws PublishError that names the entry, the option, its value and the expected one.
 */
export function readCeleryOptions(options: JsonObject, entry: string): CeleryOptions {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(readers, name)) throw new PublishError(explainUnknown(entry, name));
  }
  function read<Name extends OptionName>(name: Name): ReturnType<(typeof readers)[Name]> | null {
    const value = options[name];
    if (value === undefined || value === null) return null;
    try {
      return readers[name](value) as ReturnType<(typeof readers)[Name]>;
    } catch (cause) {
      if (!(cause instanceof field.WrongValue)) throw cause;
      const shown = JSON.stringify(value).slice(0, 200);
      throw new PublishError(`entry ${JSON.stringify(entry)}: option "${name}" is ${shown}: ${cause.expected}`);
    }
  }
  const [eta, countdown] = [read("eta"), read("countdown")];
  if (eta !== null && countdown !== null) {
    throw new PublishError(`entry ${JSON.stringify(entry)}: both "eta" and "countdown" are set: set one of them`);
  }
  read("serializer");
  return {
    queue: read("queue"),
    exchange: read("exchange"),
    routingKey: read("routing_key"),
    priority: read("priority") ?? 0,
    expires: read("expires"),
    eta: eta ?? countdown,
    headers: read("headers") ?? {},
    timeLimit: read("time_limit"),
    softTimeLimit: read("soft_time_limit"),
    ignoreResult: read("ignore_result") ?? false,
    shadow: read("shadow"),
    deliveryMode: read("delivery_mode") ?? 2,
    compressed: read("compression") ?? false,
    callbacks: read("link"),
    errbacks: read("link_error"),
    queueArguments: joinQueueArguments(entry, read("queue_type"), read("queue_arguments")),
  };
}

function joinQueueArguments(entry: string, type: string | null, args: JsonObject | null): JsonObject | null {
  if (type === null) return args;
  const joined = addArgument(args ?? {}, TYPE_ARGUMENT, type);
  if (joined) return joined;
  const where = `entry ${JSON.stringify(entry)}: option "queue_type" is ${JSON.stringify(type)}`;
  throw new PublishError(`${where}, and "queue_arguments" says otherwise: leave out one of them`);
}

/** In Celery a user's header replaces a protocol header of the same name, which can crash the worker. */
function readHeaders(value: JsonValue): JsonObject {
  const headers = field.readObject(value);
  const taken = Object.keys(headers).find((name) => protocolHeaders.has(name) || name.startsWith("beatx-"));
  if (taken !== undefined)
    throw new field.WrongValue(`"${taken}" belongs to the protocol; give the header another name`);
  return headers;
}

function explainUnknown(entry: string, name: string): string {
  const where = `entry ${JSON.stringify(entry)}: option "${name}"`;
  if (Object.hasOwn(refused, name)) return `${where} is not allowed: ${refused[name]}`;
  const snakeCase = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (Object.hasOwn(readers, snakeCase)) return `${where} is unknown: write it "${snakeCase}", as Celery does`;
  return `${where} is unknown to a Celery publisher (known: ${Object.keys(readers).join(", ")})`;
}
