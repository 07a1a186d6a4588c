import { systemClock } from "@beatx/core";
import type { Clock, PublisherOptions } from "@beatx/core";
import { PublishError } from "@beatx/core/adapter";
import { addSecrets, describeClient, explainWith, openRedis, RedisConnection } from "@beatx/shared-redis";
import type { Redis, RedisOptions } from "ioredis";
import { readBrokerUri } from "./address.js";
import type { KeyNaming } from "./bindings.js";
import { readNaming } from "./transport-options.js";
import { checkQueueName, checkTimeout, refuseUnknownOptions, wrongOption } from "../base/option-checks.js";

/** Options of a Celery publisher on Redis. Either `uri` or `client` names the broker. */
export interface CeleryRedisOptions extends PublisherOptions {
  /**
   * As in `celery+redis://user:password@host:6379/0`, `celery+rediss://…`, `celery+redis+unix:///path?db=0`,
   * `celery+redis-sentinel://one:26379,two:26379/main/0`, `celery+rediss-sentinel://…`.
   */
  readonly uri?: string;
  /**
   * An ioredis client of your own, connected to the broker's database; you close it. Without fail-fast settings it may
   * write a message after the deadline; the queue then recognises a copy that was sent again.
   */
  readonly client?: Redis;
  /** Deadline of one command, connecting included, in ms. Default 5000. */
  readonly publishTimeoutMs?: number;
  /** kombu's `global_keyprefix`: put before every key. Default none. Also `?global_keyprefix=` in the URI. */
  readonly globalKeyprefix?: string;
  /**
   * kombu's `sep`, between a queue's name and the step of a priority. Default `"\x06\x16"`. Also `?sep=` in the URI.
   * Workers that are configured with another one never read a message with a priority.
   */
  readonly sep?: string;
  /**
   * kombu's `priority_steps`: the priorities that have a list of their own, ascending whole numbers from 0 to 255.
   * Default `[0, 3, 6, 9]`. Also `?priority_steps=0,3,6,9` in the URI. As with `sep`, workers must have the same.
   */
  readonly prioritySteps?: readonly number[];
  /**
   * Celery's `broker_transport_options` as they are, such as `{ sep: ":", priority_steps: [0, 5] }`, instead of the
   * options above. Those that only concern workers and connections, such as `visibility_timeout`, change nothing.
   */
  readonly transportOptions?: Readonly<Record<string, unknown>>;
  /** Celery's `task_default_queue`. Default `"celery"`. Also `?default_queue=` in the URI. */
  readonly defaultQueue?: string;
  /** Credentials of the sentinels themselves; those in the URI are the master's. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** Certificates and the like for `celery+rediss:` and `celery+rediss-sentinel:`, as Node's `tls.connect` takes them. */
  readonly tls?: NonNullable<RedisOptions["tls"]>;
  /** Source of time. Default: the system's. */
  readonly clock?: Clock;
}

export interface CelerySettings {
  readonly connection: RedisConnection;
  readonly naming: KeyNaming;
  readonly defaultQueue: string;
  readonly clock: Clock;
}

const known = [
  "uri",
  "client",
  "publishTimeoutMs",
  "globalKeyprefix",
  "sep",
  "prioritySteps",
  "transportOptions",
  "defaultQueue",
  "sentinelUsername",
  "sentinelPassword",
  "tls",
  "clock",
];

/** @throws ConfigError that names the option, its value and the expected one. */
export function readSettings(options: CeleryRedisOptions): CelerySettings {
  refuseUnknownOptions(options, known);
  const { uri, client, clock = systemClock } = options;
  const timeoutMs = checkTimeout(options.publishTimeoutMs);
  if ((uri === undefined) === (client === undefined))
    throw wrongOption("uri", 'and "client": give exactly one of the two');
  const address = uri === undefined ? undefined : readBrokerUri(uri);
  const naming = readNaming(options, address, address?.redis ?? client!.options);
  const defaultQueue = checkQueueName("defaultQueue", options.defaultQueue ?? address?.defaultQueue ?? "celery");
  const redis = address ? open(address.redis, timeoutMs, options) : checkClient(client!);
  const connection = new RedisConnection(redis, {
    place: `the Celery broker at ${describeClient(redis)}`,
    owner: "Celery publisher",
    timeoutMs,
    isOwned: client === undefined,
    errorClass: PublishError,
    explain: explainWith({
      sentinels: "use celery+redis-sentinel:",
      cluster: "Celery cannot use one as its broker",
      foreignKey: "rename or delete it",
    }),
  });
  return { connection, naming, defaultQueue, clock };
}

function open(redis: RedisOptions, timeoutMs: number, options: CeleryRedisOptions): Redis {
  if (options.tls !== undefined && redis.tls === undefined) {
    throw wrongOption("tls", 'needs TLS: write the URI with "celery+rediss:" or "celery+rediss-sentinel:"');
  }
  for (const name of ["sentinelUsername", "sentinelPassword"] as const) {
    if (options[name] !== undefined && redis.sentinels === undefined) {
      throw wrongOption(name, 'needs sentinels: write the URI with "celery+redis-sentinel:"');
    }
  }
  return openRedis(addSecrets(redis, options), timeoutMs);
}

function checkClient(client: Redis): Redis {
  if (client.isCluster) throw wrongOption("client", "is a cluster: Celery cannot use one as its broker");
  const { keyPrefix } = client.options;
  if (keyPrefix) throw wrongOption("client", "has a keyPrefix of its own: leave that out and set globalKeyprefix");
  return client;
}
