import type { RedisOptions } from "ioredis";
import { checkText, wrongOption } from "../base/option-checks.js";
import { KOMBU_NAMING } from "./bindings.js";
import type { KeyNaming } from "./bindings.js";

/** Where the names of keys can be set: the publisher's options, Celery's setting, and the URI. */
export interface NamingSources {
  readonly globalKeyprefix?: unknown;
  readonly sep?: unknown;
  readonly prioritySteps?: unknown;
  /** Celery's `broker_transport_options`. */
  readonly transportOptions?: unknown;
}

/** The same options as the query of a URI spells them. */
export interface NamingOfUri {
  readonly globalKeyprefix: string | undefined;
  readonly sep: string | undefined;
  readonly prioritySteps: readonly number[] | undefined;
}

/** Keys of kombu that name keys of the broker, and the publisher's options of the same meaning. */
const NAMING_OPTIONS = {
  global_keyprefix: "globalKeyprefix",
  sep: "sep",
  priority_steps: "prioritySteps",
} as const;

/** Keys of kombu and Celery that change nothing in what a publisher writes. */
const WITHOUT_EFFECT = new Set([
  ...["ack_emulation", "body_encoding", "client_name", "deadletter_queue", "fanout_patterns", "fanout_prefix"],
  ...["health_check_interval", "max_connections", "polling_interval", "queue_order_strategy", "retry_on_timeout"],
  ...["socket_connect_timeout", "socket_keepalive", "socket_keepalive_options", "socket_timeout", "visibility_timeout"],
  ...["unacked_index_key", "unacked_key", "unacked_mutex_expire", "unacked_mutex_key", "unacked_restore_limit"],
  ...["errback", "interval_max", "interval_start", "interval_step", "max_retries", "min_other_sentinels"],
]);

/** Keys that say where the broker is, and where beatx takes that from. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  sentinel_kwargs: 'write its user and password as the publisher options "sentinelUsername" and "sentinelPassword"',
};

const MAX_STEP = 255;

/** Whether it is a list that kombu can search: ascending whole numbers from 0 to 255. */
export function isPrioritySteps(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const steps = value as readonly unknown[];
  return steps.every((step, index) => {
    const least = index === 0 ? 0 : (steps[index - 1] as number) + 1;
    return Number.isInteger(step) && (step as number) >= least && (step as number) <= MAX_STEP;
  });
}

/**
 * How the publisher names keys: its own options, else those of the URI, else kombu's defaults.
 * @throws ConfigError that names the option, its value and the expected one.
 */
export function readNaming(options: NamingSources, uri: NamingOfUri | undefined, redis: RedisOptions): KeyNaming {
  const { globalKeyprefix, sep, prioritySteps } = withTransportOptions(options, redis);
  const keyPrefix = globalKeyprefix ?? uri?.globalKeyprefix ?? KOMBU_NAMING.keyPrefix;
  const separator = checkText("sep", sep ?? uri?.sep ?? KOMBU_NAMING.separator);
  const steps = prioritySteps ?? uri?.prioritySteps ?? KOMBU_NAMING.prioritySteps;
  if (typeof keyPrefix !== "string") throw wrongOption("globalKeyprefix", "is not a text");
  if (!isPrioritySteps(steps)) {
    const expected = `expected ascending whole numbers from 0 to ${MAX_STEP}, such as [0, 3, 6, 9]`;
    throw wrongOption("prioritySteps", `is ${JSON.stringify(steps)}: ${expected}`);
  }
  return { keyPrefix, separator, prioritySteps: steps };
}

/** The options, completed with those that are written as Celery writes them. */
function withTransportOptions(options: NamingSources, redis: RedisOptions): NamingSources {
  const given = options.transportOptions;
  if (given === undefined) return options;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw wrongOption("transportOptions", "is not an object such as Celery's broker_transport_options");
  }
  const merged: Record<string, unknown> = { ...options };
  for (const [name, value] of Object.entries(given as Record<string, unknown>)) {
    if (WITHOUT_EFFECT.has(name)) continue;
    if (name === "master_name") checkMaster(value, redis);
    else addNaming(merged, name, value);
  }
  return merged;
}

function addNaming(merged: Record<string, unknown>, name: string, value: unknown): void {
  const where = `transportOptions.${name}`;
  if (Object.hasOwn(ELSEWHERE, name)) throw wrongOption(where, `is not read: ${ELSEWHERE[name]}`);
  if (!Object.hasOwn(NAMING_OPTIONS, name)) {
    const known = [...Object.keys(NAMING_OPTIONS), "master_name", ...WITHOUT_EFFECT].join(", ");
    throw wrongOption(where, `is unknown to the Redis transport (known: ${known})`);
  }
  const option = NAMING_OPTIONS[name as keyof typeof NAMING_OPTIONS];
  if (merged[option] !== undefined) throw wrongOption(where, `and "${option}" are the same: write one of the two`);
  merged[option] = value;
}

function checkMaster(value: unknown, { name }: RedisOptions): void {
  if (value === name) return;
  const advice = "write it there, as in celery+redis-sentinel://host:26379/main";
  throw wrongOption("transportOptions.master_name", `is not the master that the path of the URI names: ${advice}`);
}
