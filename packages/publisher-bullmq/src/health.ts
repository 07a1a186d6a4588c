import { BeatxError } from "@beatx/core/adapter";
import { isForbidden, sendCommand, tryQueues, warnOfEviction, warnOfRefusals } from "@beatx/shared-redis";
import type { QueueTrial, RedisClient, RedisConnection } from "@beatx/shared-redis";
import type { Queues } from "./queues.js";

/** What a check needs to know about the publisher. */
export interface HealthParts {
  readonly connection: RedisConnection<RedisClient>;
  readonly queues: Queues;
  readonly prefix: string;
  readonly defaultQueue: string;
  /** The queues that jobs went to lately. */
  readonly used: UsedQueues;
}

/** Queues that one check looks at. */
const MOST_QUEUES = 12;

/** The queues that jobs went to lately; a few of them if there are many. */
export class UsedQueues {
  readonly #names = new Set<string>();

  note(name: string): void {
    this.#names.delete(name);
    this.#names.add(name);
    if (this.#names.size > MOST_QUEUES) this.#names.delete(this.#names.values().next().value!);
  }

  names(): readonly string[] {
    return [...this.#names];
  }
}

/**
 * Whether Redis would take jobs for the queues in use; before the first job, for the default queue. Warns of a queue that is
 * paused, of one that another major version of BullMQ keeps, and of one that is refused while others are not.
 * @throws PublishError
 */
export async function checkHealth(parts: HealthParts, signal: AbortSignal): Promise<readonly string[]> {
  const { connection, defaultQueue, used } = parts;
  const names = used.names().length > 0 ? used.names() : [defaultQueue];
  const trials = names.map((name) => trialOf(parts, name, used.names().length === 0));
  const warnings = [...warnOfRefusals(await tryQueues(connection, trials, signal), trials)];
  for (const name of names) warnings.push(...(await readSettings(parts, name, signal)));
  return [...warnings, ...(await warnOfEviction(connection, signal))];
}

function keyOf({ prefix }: HealthParts, name: string, part: string): string {
  return `${prefix}:${name}:${part}`;
}

/** Keys of a queue. */
const TYPES = {
  wait: "list",
  meta: "hash",
  id: "string",
  prioritized: "zset",
  delayed: "zset",
  marker: "zset",
  events: "stream",
} as const;

/** `isFirst`: no job was sent yet, so a plain one is assumed. Others push onto no list, or onto its other end. */
function trialOf(parts: HealthParts, name: string, isFirst: boolean): QueueTrial {
  const of = (part: keyof typeof TYPES): string => keyOf(parts, name, part);
  const keys = Object.entries(TYPES).map(([part, type]) => ({ key: keyOf(parts, name, part), type }));
  const ofEach: QueueTrial["commands"] = [
    ["INCR", of("id")],
    ["EXISTS", of("meta")],
    ["HGET", of("meta"), ""],
    ["HMSET", of("meta"), "", ""],
    ["XADD", of("events"), "*", "", ""],
    ["ZADD", of("marker"), "0", ""],
  ];
  const commands: QueueTrial["commands"] = isFirst ? [...ofEach, ["LPUSH", of("wait"), ""]] : ofEach;
  return { write: { command: "ZADD", key: of("prioritized") }, keys, commands };
}

/** Warnings about the settings of a queue; none if they cannot be read, since then the queue itself is refused. */
async function readSettings(parts: HealthParts, name: string, signal: AbortSignal): Promise<readonly string[]> {
  const read = (client: RedisClient): Promise<unknown> =>
    sendCommand(client, "hmget", [keyOf(parts, name, "meta"), "paused", "version"]);
  const settings = await parts.connection.run("read the queue's settings", read, signal).catch((error: unknown) => {
    if (isForbidden(error) || hasWrongType(error)) return [];
    throw error;
  });
  const [paused, version] = settings as (string | null)[];
  const shown = JSON.stringify(name);
  return [
    ...(paused == null ? [] : [`the queue ${shown} is paused: its jobs wait until it is resumed`]),
    ...warnOfVersion(shown, version, parts.queues.versionOf(name)),
  ];
}

function hasWrongType(error: unknown): boolean {
  return BeatxError.isInstance(error) && /\bWRONGTYPE\b/.test(error.message);
}

/** A queue names the version that wrote its settings last, as in "bullmq:6.7.0". */
function warnOfVersion(queue: string, kept: string | null | undefined, own: string | undefined): readonly string[] {
  const majorOf = (version: string | null | undefined): string | undefined =>
    /^bullmq:(\d+)\./.exec(version ?? "")?.[1];
  if (majorOf(kept) === undefined || majorOf(own) === undefined || majorOf(kept) === majorOf(own)) return [];
  return [
    `the queue ${queue} is kept by ${kept}, and the jobs are written by ${own}: install the version that the workers have`,
  ];
}
