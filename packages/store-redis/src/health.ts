import { BeatxError, StoreError } from "@beatx/core/adapter";
import { lacksRight, messageOf } from "@beatx/shared-redis";
import type { Cluster, Redis } from "ioredis";
import type { StoreConnection } from "./connect.js";
import { describeForeignLock, findWrongTypes } from "./damaged-keys.js";
import type { RedisKeys } from "./keys.js";
import { NO_HINT } from "./watch.js";

interface ServerHealth {
  /** Why the server takes no writes now. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Warnings about the servers for an operator (R34), one sentence each; none if all is well. @throws StoreError also if a
 * server takes no writes
 */
export async function checkHealth(connection: StoreConnection, keys: RedisKeys): Promise<readonly string[]> {
  const servers = await connection.run("check the server's health", async (client) => {
    const nodes = client.isCluster ? (client as Cluster).nodes("master") : [client as Redis];
    return Promise.all(nodes.map(checkServer));
  });
  const refusals = new Set(servers.flatMap((server) => server.refusals));
  if (refusals.size > 0) throw new StoreError([...refusals].join("; "));
  const runScript = connection.runScript.bind(connection);
  const wrongTypes = await findWrongTypes(runScript, keys);
  return [
    ...new Set(servers.flatMap(({ warnings }) => warnings)),
    ...wrongTypes,
    ...(wrongTypes.length > 0 ? [] : await describeForeignLock(runScript, keys)),
    ...(await checkHints(connection, keys.wake)),
  ];
}

/** Scripts publish hints, and go on if that is refused: so it would not be noticed. */
async function checkHints(connection: StoreConnection, channel: string): Promise<string[]> {
  try {
    await connection.run("publish a hint", (client) => client.publish(channel, NO_HINT));
    return [];
  } catch (error) {
    if (!BeatxError.isInstance(error) || !lacksRight(error.message)) throw error;
    return [`other nodes learn of changes only when they poll: ${error.message}`];
  }
}

async function checkServer(server: Redis): Promise<ServerHealth> {
  let info: Map<string, string>;
  try {
    info = readInfo(await server.info());
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const warning = `could not check whether the server evicts, persists or replicates: ${messageOf(error)}`;
    return { refusals: [], warnings: [warning] };
  }
  const warnings = [
    ...(info.get("loading") === "1" ? ["the server is still loading its data"] : []),
    ...checkEviction(info.get("maxmemory_policy")),
    ...(info.get("aof_enabled") === "1" ? [] : await checkSnapshots(server)),
    ...checkWrites(info),
  ];
  return { refusals: [...checkRole(info), ...checkRoom(info), ...(await checkDisk(server, info))], warnings };
}

function checkRole(info: ReadonlyMap<string, string>): string[] {
  if (info.get("role") !== "slave") return [];
  return ["the server is a replica and takes no writes: give the master's address, or use redis-sentinel:"];
}

function checkEviction(policy: string | undefined): string[] {
  if (policy === "noeviction") return [];
  if (policy === undefined) return ["the server does not report its maxmemory-policy: it should be noeviction"];
  return [
    `maxmemory-policy is ${policy}: the server may drop the lock or entries when it runs out of memory; set it to noeviction`,
  ];
}

/** A server that evicts nothing takes no writes when it is full. */
function checkRoom(info: ReadonlyMap<string, string>): string[] {
  const [used, limit] = [Number(info.get("used_memory")), Number(info.get("maxmemory"))];
  if (info.get("maxmemory_policy") !== "noeviction" || !(limit > 0 && used >= limit)) return [];
  return [`the server is full and takes no writes: raise maxmemory (${limit} bytes, of which ${used} are used)`];
}

async function checkSnapshots(server: Redis): Promise<string[]> {
  try {
    const [, save] = await server.config("GET", "save");
    if (!save)
      return ["the server writes nothing to disk: a restart loses all entries and cursors; set appendonly yes"];
    return [
      `the server persists by snapshots only (save ${save}): a crash loses all changes since the last one; set appendonly yes`,
    ];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [`appendonly is off; could not check whether the server takes snapshots: ${messageOf(error)}`];
  }
}

/** A server that cannot save may refuse writes, unless it is set to go on; then it refuses PING with the same words. */
async function checkDisk(server: Redis, info: ReadonlyMap<string, string>): Promise<string[]> {
  if (failedSaves(info).length === 0) return [];
  try {
    await server.ping();
    return [];
  } catch (error) {
    if (!/^MISCONF\b/.test(messageOf(error))) return [];
    return ["the server cannot save to its disk and takes no writes: see its log, and whether the disk is full"];
  }
}

function failedSaves(info: ReadonlyMap<string, string>): string[] {
  const fields = ["rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status"];
  return fields.filter((field) => (info.get(field) ?? "ok") !== "ok");
}

function checkWrites(info: ReadonlyMap<string, string>): string[] {
  const failed = failedSaves(info);
  return failed.map((field) => `the server reports ${field}: ${info.get(field)}; see its log and its disk`);
}

/** The server answered and said no (permission, renamed command), as opposed to not answering. */
function isRefusal(error: unknown): boolean {
  return /^(NOPERM|ERR)\b/.test(messageOf(error));
}

function readInfo(text: string): Map<string, string> {
  const pairs = text.split("\r\n").map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1)];
  });
  return new Map(pairs);
}
