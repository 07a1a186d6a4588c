import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { REDIS_INSTALL, redisCli, startRedis, waitForRedis } from "./redis-server.js";
import type { RedisServer } from "./redis-server.js";
import { runProcess, temporaryFolder, waitFor } from "./run-process.js";
import type { RunningProcess } from "./run-process.js";

export interface RedisSentinel {
  /** `redis-sentinel://127.0.0.1:<port>,127.0.0.1:<port>,127.0.0.1:<port>/main` */
  readonly uri: string;
  /** The sentinels' ports. */
  readonly ports: readonly number[];
  /** The sentinels' name for the master. */
  readonly masterName: string;
  /** The master at the start; after a failover it may be the replica. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** The port of the current master, from the sentinels. */
  masterPort(): Promise<number>;
  /** Stops everything and removes the folders. */
  stop(): Promise<void>;
}

const MASTER_NAME = "main";

/**
 * Starts a master, its replica and three sentinels, which take a master for dead after 1 s. Resolves when a failover would
 * succeed.
 */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const folder = await temporaryFolder("sentinel");
  const servers: RedisServer[] = [];
  const sentinels: { port: number; child: RunningProcess }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(sentinels.filter(({ child }) => !child.hasEnded).map(({ child }) => child.stop()));
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const master = await startRedis();
    servers.push(master);
    const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
    servers.push(replica);
    for (let count = 0; count < 3; count += 1) sentinels.push(await startSentinel(folder, master.port));
    const ports = sentinels.map(({ port }) => port);
    await waitUntilWatched(ports, replica);
    return {
      uri: `redis-sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(",")}/${MASTER_NAME}`,
      ports,
      masterName: MASTER_NAME,
      master,
      replica,
      masterPort: async () => {
        const address = await redisCli(ports[0]!, "SENTINEL", "get-master-addr-by-name", MASTER_NAME);
        return Number(address.split("\n")[1]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSentinel(folder: string, masterPort: number): Promise<{ port: number; child: RunningProcess }> {
  const port = await freePort();
  const file = join(folder, `sentinel-${port}.conf`);
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 1000`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = await runProcess("redis-server", [file, "--sentinel"], { install: REDIS_INSTALL, cwd: folder });
  await waitForRedis(port, child);
  return { port, child };
}

async function waitUntilWatched(ports: readonly number[], replica: RedisServer): Promise<void> {
  await waitFor("the replica to be in step", async () =>
    (await replica.cli("INFO", "replication")).includes("master_link_status:up"),
  );
  for (const port of ports) {
    await waitFor(`sentinel ${port} to know the replica and the other sentinels`, async () => {
      const text = (await redisCli(port, "SENTINEL", "master", MASTER_NAME)).split("\n");
      const value = (field: string): string | undefined => text[text.indexOf(field) + 1];
      return value("num-slaves") === "1" && value("num-other-sentinels") === "2";
    });
  }
}
