import { runToEnd, waitFor } from "./run-process.js";
import { startRedis } from "./redis-server.js";
import type { RedisServer } from "./redis-server.js";

export interface RedisCluster {
  /** `redis-cluster://127.0.0.1:<port>,127.0.0.1:<port>,…` */
  readonly uri: string;
  readonly nodes: readonly RedisServer[];
  /** Stops all nodes and removes their folders. */
  stop(): Promise<void>;
}

/** Starts a Redis Cluster of three masters without replicas; resolves when each of them sees all slots served. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let count = 0; count < 3; count += 1) nodes.push(await startNode());
    const addresses = nodes.map((node) => `127.0.0.1:${node.port}`);
    await runToEnd("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"], {
      install: "apt-get install redis-tools",
    });
    await Promise.all(nodes.map(waitUntilServing));
    return { uri: `redis-cluster://${addresses.join(",")}`, nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A cluster node also listens on its port + 10000. */
function startNode(): Promise<RedisServer> {
  const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000"];
  return startRedis({ args });
}

async function waitUntilServing(node: RedisServer): Promise<void> {
  await waitFor(`the cluster to be complete, seen from port ${node.port}`, async () =>
    /cluster_state:ok[^]*cluster_known_nodes:3/.test(await node.cli("CLUSTER", "INFO")),
  );
}
