import type { Cluster, Redis } from "ioredis";

/** Both kinds of client that ioredis has. */
export type RedisClient = Redis | Cluster;

/** The number of the client's database. */
export function databaseOf(client: RedisClient): number {
  return client.isCluster ? 0 : ((client as Redis).options.db ?? 0);
}

/**
 * Whether the client may send a command a second time by itself, after the first was carried out. The answer is then that
 * to the second. A cluster sends again after each loss of a connection.
 */
export function maySendTwice(client: RedisClient): boolean {
  if (client.isCluster) return true;
  const { autoResendUnfulfilledCommands = true, reconnectOnError } = (client as Redis).options;
  return autoResendUnfulfilledCommands || Boolean(reconnectOnError);
}

/** The user as which the client was configured to log in, for messages. Without a password nobody logs in. */
export function userOf(client: RedisClient): string {
  const options = client.isCluster ? (client as Cluster).options.redisOptions : (client as Redis).options;
  return options?.password ? (options.username ?? "default") : "default";
}

/** The server of a client, for messages: `redis://host:port/0`. No user, no password. */
export function describeClient(client: RedisClient): string {
  if (client.isCluster) return "the cluster";
  const { host, port, path, tls, sentinels, name } = (client as Redis).options;
  const database = databaseOf(client);
  if (path !== undefined) return `redis+unix://${path}?db=${database}`;
  const scheme = tls ? "rediss" : "redis";
  if (!sentinels) return `${scheme}://${showHost({ host, port })}/${database}`;
  return `${scheme}-sentinel://${sentinels.map(showHost).join(",")}/${name}/${database}`;
}

interface Host {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

function showHost({ host = "localhost", port }: Host): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? shown : `${shown}:${port}`;
}
