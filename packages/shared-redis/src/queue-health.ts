import { BeatxError, PublishError } from "@beatx/core/adapter";
import type { Redis } from "ioredis";
import type { RedisClient } from "./client.js";
import type { RedisConnection } from "./connection.js";
import { lacksRight } from "./explain-words.js";
import { messageOf } from "./errors.js";
import { describeRights } from "./missing-right.js";
import { script } from "./script.js";

/** A key that a publisher writes, and the type that it must have if it is there. */
export interface QueueKey {
  readonly key: string;
  readonly type: "list" | "zset" | "set" | "hash" | "string" | "stream";
}

/** A write that changes nothing, since its key is absent or its option forbids it: the server refuses it if it is full. */
export interface TrialWrite {
  /** `SET`: `key` must not be there. `ZADD`: it may be a sorted set. */
  readonly command: "SET" | "ZADD";
  readonly key: string;
}

/**
 * KEYS: of the trial write, then those to look at; ARGV: the command of the trial write, a type per key, then the commands of
 * a send as JSON. Answers the number of the first key that has another type, and this type; or 0, and the commands that the
 * user may not run; nothing if all is right. Redis before 7 cannot tell which commands are allowed, so they count as allowed.
 */
const TRY = script(`
for index = 2, #KEYS do
  local found = redis.call('TYPE', KEYS[index]).ok
  if found ~= 'none' and found ~= ARGV[index] then return {index, found} end
end
local answer = {0}
for _, command in ipairs(cjson.decode(ARGV[#ARGV])) do
  local isKnown, isAllowed = pcall(redis.acl_check_cmd, unpack(command))
  if isKnown and not isAllowed then answer[#answer + 1] = command[1] end
end
if #answer > 1 then return answer end
if ARGV[1] == 'ZADD' then
  redis.call('ZADD', KEYS[1], 'XX', 0, '')
else
  redis.call('SET', KEYS[1], '', 'XX', 'PX', 1)
end
return false`);

/** What a message for one queue needs: a write, and keys of certain types. */
export interface QueueTrial {
  readonly write: TrialWrite;
  readonly keys: readonly QueueKey[];
  /** The commands that a message runs besides, with a key of `keys` and arguments that the command takes. None is run. */
  readonly commands?: readonly (readonly [name: string, ...args: string[]])[];
}

/** The server does not take messages for a queue, and may for others. */
class QueueRefusal extends PublishError {}

/**
 * Asks the server whether it would take messages for each of these queues now, and changes nothing. Resolves to the errors
 * of queues for which the user lacks a right, or a key has another type: one per such queue.
 * @throws PublishError that names the server and why not: it is away or silent, refuses the user, is a replica or full.
 */
export async function tryQueues<Client extends RedisClient>(
  connection: RedisConnection<Client>,
  queues: readonly QueueTrial[],
  signal: AbortSignal,
): Promise<readonly PublishError[]> {
  const refusals: PublishError[] = [];
  for (const queue of queues) {
    try {
      await tryQueue(connection, queue, signal);
    } catch (error) {
      if (!(error instanceof QueueRefusal) && !(BeatxError.isInstance(error) && lacksRight(error.message))) throw error;
      refusals.push(error as PublishError);
    }
  }
  return refusals;
}

/** The refusals as warnings, if other queues are fine. @throws the first refusal if there is one for each queue. */
export function warnOfRefusals(refusals: readonly PublishError[], queues: readonly unknown[]): readonly string[] {
  if (refusals.length > 0 && refusals.length >= queues.length) throw refusals[0]!;
  return refusals.map(({ message }) => message);
}

async function tryQueue<Client extends RedisClient>(
  connection: RedisConnection<Client>,
  { write, keys, commands = [] }: QueueTrial,
  signal: AbortSignal,
): Promise<void> {
  const names = [write.key, ...keys.map(({ key }) => key)];
  const args = [write.command, ...keys.map(({ type }) => type), JSON.stringify(commands)];
  const found = await connection.runScript("reach the queue", TRY, names, args, signal);
  if (found === null) return;
  const [index, ...words] = found as [number, ...string[]];
  const explain = index === 0 ? explainRights(words) : explainType(keys[index - 2]!, words[0]!);
  throw new QueueRefusal(explain(connection.place), { notSent: true });
}

type Explain = (place: string) => string;

function explainRights(commands: readonly string[]): Explain {
  const rights = describeRights([...new Set(commands)]);
  return (place) => `could not reach the queue: the Redis user lacks a right: ${rights} (${place})`;
}

function explainType({ key, type }: QueueKey, found: string): Explain {
  const advice = "another program uses that name; rename or delete the key";
  const shown = JSON.stringify(key);
  return (place) => `${place}: the key ${shown} is not a ${type} but a ${found}, so nothing can be queued: ${advice}`;
}

/** Warnings about a server that may drop what is queued, one line each. Without the right to ask, a line that says so. */
export async function warnOfEviction<Client extends RedisClient>(
  connection: RedisConnection<Client>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (connection.client.isCluster) return [];
  const read = (client: RedisClient): Promise<string | undefined> =>
    (client as Redis).info("memory").catch((error: unknown) => {
      if (lacksRight(messageOf(error))) return undefined;
      throw error;
    });
  const info = await connection.run("read the server's memory settings", read, signal);
  const { place } = connection;
  if (info === undefined)
    return [
      `could not check whether ${place} may drop queued messages: its user ${JSON.stringify(connection.user)} may not run INFO: add +info to the user's rights`,
    ];
  const valueOf = (name: string): string | undefined => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
  const policy = valueOf("maxmemory_policy") ?? "";
  // The others drop only keys that expire, and queues do not.
  if (!policy.startsWith("allkeys-") || valueOf("maxmemory") === "0") return [];
  return [
    `${place} may drop queued messages when its memory is full (maxmemory-policy ${policy}): set it to noeviction`,
  ];
}
