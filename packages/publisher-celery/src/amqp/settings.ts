import type { ConnectionOptions } from "node:tls";
import { systemClock } from "@beatx/core";
import type { Clock, JsonObject, JsonValue, PublisherOptions } from "@beatx/core";
import { checkTls } from "@beatx/core/adapter";
import type { RedisOptions } from "ioredis";
import { readOverlapRedis } from "./holds.js";
import { readAmqpUri } from "./address.js";
import type { AmqpAddress } from "./address.js";
import type { QueueSettings } from "./queues.js";
import { addArgument, findArgumentFault, isQueueType, TYPE_ARGUMENT } from "../message/queue-arguments.js";
import type { QueueType } from "../message/queue-arguments.js";
import {
  checkQueueName,
  checkText,
  checkTimeout,
  checkWholeNumber,
  refuseUnknownOptions,
  wrongOption,
} from "../base/option-checks.js";

/** Options of a Celery publisher on RabbitMQ. */
export interface CeleryAmqpOptions extends PublisherOptions {
  /** As in `celery+amqp://user:password@host:5672/vhost`, `celery+amqps://…`; the virtual host `/` is written `//`. */
  readonly uri: string;
  /** Deadline of one batch, connecting included, in ms. Default 5000. */
  readonly publishTimeoutMs?: number;
  /** Celery's `task_default_queue`. Default `"celery"`. Also `?default_queue=` in the URI. */
  readonly defaultQueue?: string;
  /**
   * Celery's `task_create_missing_queues`: whether a queue that does not exist is declared before its first message.
   * `false`: never. Default `true` if one of the next three options says how to declare it, else only the queues of
   * entries that say so. A queue that exists is always used as it is. Also `?create_missing_queues=`.
   */
  readonly createMissingQueues?: boolean;
  /**
   * The type of queues that are declared, `x-queue-type`. Default none, which RabbitMQ takes for the virtual host's
   * default type. Workers must declare the same. Also `?queue_type=`.
   */
  readonly queueType?: QueueType;
  /**
   * Arguments of queues that are declared, such as `{ "x-dead-letter-exchange": "failed" }`: those that workers
   * declare, else they fail with 406 PRECONDITION_FAILED. Default none.
   */
  readonly queueArguments?: JsonObject;
  /** Celery's `task_queue_max_priority`, 1 to 255, for the queues declared. Default none. Also `?queue_max_priority=`. */
  readonly queueMaxPriority?: number;
  /**
   * Interval at which a silent connection is checked, in ms, whole seconds; 0: never. Default 10 000, or the interval that
   * the broker asks for if that is less. Also `?heartbeat=`, in seconds.
   */
  readonly heartbeatMs?: number;
  /**
   * A Redis that keeps runs of entries with `overlap` apart, as in `redis://:password@host:6379/2`, `rediss://…`,
   * `redis-sentinel://…`: the one that the workers name as `beatx_overlap_redis`, or their result backend. Default none: such
   * an entry is refused. Also `?overlap_redis=` in the URI, percent-encoded.
   */
  readonly overlapRedis?: string;
  /** Certificates and the like for `celery+amqps:`, as Node's `tls.connect` takes them. */
  readonly tls?: ConnectionOptions;
  /** Source of time. Default: the system's. */
  readonly clock?: Clock;
}

/** A broker, and how to connect to it. */
export interface AmqpTarget extends Pick<
  AmqpAddress,
  "label" | "secure" | "hosts" | "username" | "password" | "vhost"
> {
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  readonly tls: ConnectionOptions;
}

export interface AmqpSettings extends QueueSettings {
  readonly target: AmqpTarget;
  readonly defaultQueue: string;
  readonly clock: Clock;
  /** Keeps runs of entries with `overlap` apart; `undefined`: nothing does. */
  readonly overlapRedis: RedisOptions | undefined;
}

const DEFAULT_HEARTBEAT_MS = 10_000;
/** The protocol counts seconds in 16 bits. */
const MAX_HEARTBEAT_MS = 65_535_000;
const MAX_PRIORITY = 255;
const known = [
  "uri",
  "publishTimeoutMs",
  "defaultQueue",
  "createMissingQueues",
  "queueType",
  "queueArguments",
  "queueMaxPriority",
  "heartbeatMs",
  "overlapRedis",
  "tls",
  "clock",
];

/** @throws ConfigError that names the option, its value and the expected one. */
export function readAmqpSettings(options: CeleryAmqpOptions): AmqpSettings {
  refuseUnknownOptions(options, known);
  const { clock = systemClock, tls } = options;
  const timeoutMs = checkTimeout(options.publishTimeoutMs);
  const address = readAmqpUri(options.uri);
  if (tls !== undefined && !address.secure) throw wrongOption("tls", 'needs TLS: write the URI with "celery+amqps:"');
  checkTls(tls);
  const heartbeatMs = options.heartbeatMs ?? address.heartbeatMs ?? DEFAULT_HEARTBEAT_MS;
  checkWholeNumber("heartbeatMs", heartbeatMs / 1000, 0, MAX_HEARTBEAT_MS / 1000, "of seconds ");
  return {
    target: { ...address, timeoutMs, heartbeatMs, tls: tls ?? {} },
    defaultQueue: checkQueueName("defaultQueue", options.defaultQueue ?? address.defaultQueue ?? "celery"),
    ...readQueueSettings(options, address),
    clock,
    overlapRedis: readOverlap(options.overlapRedis ?? address.overlapRedis),
  };
}

function readOverlap(uri: string | undefined): RedisOptions | undefined {
  if (uri === undefined) return undefined;
  const fault = "is not the URI of a Redis server, such as redis://127.0.0.1:6379/2";
  return readOverlapRedis(checkText("overlapRedis", uri, fault));
}

function readQueueSettings(
  options: CeleryAmqpOptions,
  address: AmqpAddress,
): Pick<QueueSettings, "createMissingQueues" | "queueArguments"> {
  const createMissingQueues = options.createMissingQueues ?? address.createMissingQueues;
  if (createMissingQueues !== undefined && typeof createMissingQueues !== "boolean") {
    throw wrongOption("createMissingQueues", "is neither true nor false");
  }
  const queueMaxPriority = options.queueMaxPriority ?? address.queueMaxPriority;
  if (queueMaxPriority !== undefined) checkWholeNumber("queueMaxPriority", queueMaxPriority, 1, MAX_PRIORITY);
  const queueType = options.queueType ?? address.queueType;
  if (queueType !== undefined && !isQueueType(queueType)) {
    throw wrongOption("queueType", 'is no type of queue that Celery workers read: expected "classic" or "quorum"');
  }
  const fault = findArgumentFault(options.queueArguments ?? {});
  if (fault !== undefined) throw wrongOption("queueArguments", `is wrong: ${fault}`);
  let queueArguments = options.queueArguments ?? {};
  const add = (option: string, name: string, value: JsonValue | undefined): void => {
    const added = addArgument(queueArguments, name, value);
    if (!added) throw wrongOption(option, `and "${name}" in queueArguments differ: leave out one of them`);
    queueArguments = added;
  };
  add("queueType", TYPE_ARGUMENT, queueType);
  add("queueMaxPriority", "x-max-priority", queueMaxPriority);
  const saysHow = options.queueArguments !== undefined || Object.keys(queueArguments).length > 0;
  return { createMissingQueues: createMissingQueues ?? (saysHow || undefined), queueArguments };
}
