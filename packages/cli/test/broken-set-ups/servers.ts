/** The servers that the broken set-ups share, and those of their own. */

import {
  freePort,
  type MemcachedServer,
  type RabbitServer,
  type RedisCluster,
  type RedisServer,
  startMemcached,
  startRabbit,
  startRedis,
  startRedisCluster,
} from "@beatx/test-servers";

export interface SharedServers {
  readonly redis: RedisServer;
  readonly cluster: RedisCluster;
  readonly rabbit: RabbitServer;
  readonly memcached: MemcachedServer;
}

let shared: SharedServers | undefined;
const others: (RedisServer | RabbitServer)[] = [];

export async function startServers(): Promise<void> {
  const starting = [startRedis({ appendOnly: true }), startRedisCluster(), startRabbit(), startMemcached()] as const;
  const [redis, cluster, rabbit, memcached] = await Promise.all(starting);
  shared = { redis, cluster, rabbit, memcached };
}

export async function stopServers(): Promise<void> {
  await Promise.all([...Object.values(shared ?? {}), ...others].map((server) => server.stop()));
}

/** Those that work. Call it only after `startServers`. */
export function servers(): SharedServers {
  return shared!;
}

/** The URI of a store that works. */
export const store = (): string => `${servers().redis.uri}/0`;

/** A Redis server of its own, for a set-up that breaks it. */
export async function anotherRedis(...args: string[]): Promise<RedisServer> {
  const server = await startRedis({ args });
  others.push(server);
  return server;
}

/** A RabbitMQ of its own, as `anotherRedis`. */
export async function anotherRabbit(): Promise<RabbitServer> {
  const server = await startRabbit();
  others.push(server);
  return server;
}

/** The URI of a Redis server that does not run. */
export const deadUri = async (): Promise<string> => `redis://127.0.0.1:${await freePort()}/0`;

/** A label of a name has at most 63 characters, so no server is asked for this one. */
export const NO_HOST: string = `${"x".repeat(64)}.example`;
