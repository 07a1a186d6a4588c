import { randomUUID } from "node:crypto";
import { BeatxError, type OutboxHold, OverlapError, PublishError } from "@beatx/core/adapter";
import { describeClient, explainWith, openRedis, readRedisUri, RedisConnection, script } from "@beatx/shared-redis";
import type { UriRules } from "@beatx/shared-redis";
import type { RedisOptions } from "ioredis";

/** A taken key: its message may be sent. `null`: the key had this message's id before, so a copy may be in the queue. */
export type TakenHold = { readonly attempt: string | null } | { readonly error: Error };

/** The keys that keep runs apart (R52), in a Redis beside the broker. */
export interface Holds {
  /** Takes the keys for messages about to be sent, in this order. Never rejects. */
  take(holds: readonly OutboxHold[], signal: AbortSignal): Promise<readonly TakenHold[]>;
  /** Gives back keys of messages that were certainly not sent. Never rejects: what cannot be given back now is at the next `take`. */
  release(holds: readonly OutboxHold[], attempt: string): Promise<void>;
  /** Warnings, one line each, if no key could be taken now. */
  check(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

const RULES: UriRules = {
  schemes: ["redis", "rediss", "redis+unix", "redis+socket", "redis-sentinel", "rediss-sentinel", "valkey", "valkeys"],
  query: [],
  severalHosts: "for sentinels write redis-sentinel:",
  field: "overlapRedis",
};

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readOverlapRedis(uri: string): RedisOptions {
  return readRedisUri(uri, RULES).redis;
}

/**
 * Beside each key lies the attempt that took it, so that only this attempt can give it back: the same message may have been sent
 * by another one. KEYS: key and attempt per hold; ARGV: the new attempt, then per hold: id, lifetime in ms, and the attempt that
 * was certainly not sent (empty: none). Answers per hold. 1: it was free. 0: it had this id. -1: it has another id. -2: it is no
 * string.
 */
const TAKE = script(`
local answers = {}
for index = 1, #KEYS / 2 do
  local key, attempt = KEYS[2 * index - 1], KEYS[2 * index]
  local id, ttl, unsent = ARGV[3 * index - 1], ARGV[3 * index], ARGV[3 * index + 1]
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'string' then
    answers[index] = -2
  else
    local holder = redis.call('GET', key)
    if not holder or unsent ~= '' and redis.call('GET', attempt) == unsent then
      redis.call('SET', key, id, 'PX', ttl)
      redis.call('SET', attempt, ARGV[1], 'PX', ttl)
      answers[index] = 1
    elseif holder == id then
      redis.call('DEL', attempt)
      redis.call('SET', key, id, 'PX', ttl)
      answers[index] = 0
    else
      answers[index] = -1
    end
  end
end
return answers`);

/** KEYS: key and attempt per hold; ARGV: the attempt, then an id per hold. */
const RELEASE = script(`
for index = 1, #KEYS / 2 do
  local key, attempt = KEYS[2 * index - 1], KEYS[2 * index]
  if redis.call('GET', attempt) == ARGV[1] and redis.call('GET', key) == ARGV[index + 1] then redis.call('DEL', key, attempt) end
end`);

/** Changes nothing, since the key is absent; needs the rights of the others. KEYS: the key. */
const TRY = script(`
redis.call('TYPE', KEYS[1])
redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], '', 'XX', 'PX', 1)
redis.call('DEL', KEYS[1])`);

/** So long a Redis that is silent delays what else is in a batch, at most. */
const LONGEST_WAIT_MS = 2_000;

/** @param publishTimeoutMs of the broker: a key takes at most half of it. */
export function openHolds(redis: RedisOptions, keysBegin: string, publishTimeoutMs: number): Holds {
  const timeoutMs = Math.max(1, Math.min(LONGEST_WAIT_MS, Math.floor(publishTimeoutMs / 2)));
  const connection = connect(redis, timeoutMs);
  /** By key: an attempt whose message was certainly not sent, and which may have taken the key all the same. */
  const unsent = new Map<string, string>();

  async function take(holds: readonly OutboxHold[], signal: AbortSignal): Promise<readonly TakenHold[]> {
    const attempt = randomUUID();
    const rows = holds.flatMap(({ key, value, ttlMs }) => [value, ttlMs, unsent.get(key) ?? ""]);
    try {
      const codes = await connection.runScript("keep runs apart", TAKE, keysOf(holds), [attempt, ...rows], signal);
      holds.forEach(({ key }) => unsent.delete(key));
      return holds.map(({ key }, index) => readCode((codes as unknown[])[index], key, attempt));
    } catch (cause) {
      // Otherwise Redis may have carried it out, or may do so later.
      if (!PublishError.isNotSent(cause)) holds.forEach(({ key }) => unsent.set(key, attempt));
      const error = BeatxError.hasCode(cause, "CLOSED") ? cause : explainAway(cause);
      return holds.map(() => ({ error }));
    }
  }

  async function release(holds: readonly OutboxHold[], attempt: string): Promise<void> {
    holds.forEach(({ key }) => unsent.set(key, attempt));
    const ids = holds.map(({ value }) => value);
    const isReleased = await connection
      .runScript("let the next run go", RELEASE, keysOf(holds), [attempt, ...ids])
      .then(
        () => true,
        () => false,
      );
    if (!isReleased) return;
    for (const { key } of holds) if (unsent.get(key) === attempt) unsent.delete(key);
  }

  return {
    take,
    release,
    check: (signal) => check(connection, `${keysBegin}${randomUUID()}`, signal),
    close: () => connection.close(),
  };
}

async function check(connection: RedisConnection, key: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    await connection.runScript("keep runs apart", TRY, [key], [], signal);
    return [];
  } catch (error) {
    return [explainAway(error).message];
  }
}

function connect(redis: RedisOptions, timeoutMs: number): RedisConnection {
  const client = openRedis(redis, timeoutMs);
  return new RedisConnection(client, {
    place: `the Redis of "overlapRedis" at ${describeClient(client)}`,
    owner: "Celery publisher",
    timeoutMs,
    isOwned: true,
    errorClass: PublishError,
    explain: explainWith({
      sentinels: "use redis-sentinel:",
      cluster: "name a single server or sentinels",
      foreignKey: "rename or delete it",
    }),
  });
}

/** An entry name has no NUL, so no key of another entry looks like this. */
function keysOf(holds: readonly OutboxHold[]): string[] {
  return holds.flatMap(({ key }) => [key, `${key}\0attempt`]);
}

function explainAway(cause: unknown): PublishError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new PublishError(`entries with overlap are not sent without their key: ${words}`, { cause, notSent: true });
}

function readCode(code: unknown, key: string, attempt: string): TakenHold {
  switch (code) {
    case 1:
      return { attempt };
    case 0:
      return { attempt: null };
    case -1:
      return { error: new OverlapError() };
    case -2: {
      const words = `the key ${JSON.stringify(key)} of "overlapRedis" is not a string: another program uses that name`;
      return { error: new PublishError(`${words}; rename or delete the key`, { notSent: true }) };
    }
    default:
      throw new Error(`unexpected answer ${String(code)}`);
  }
}
