import { startRedisSentinel, waitFor } from "@beatx/test-servers";
import { machineNow } from "../node/machine-time.js";
import { Cluster } from "./cluster.js";
import { afterStoreReturn } from "./bounds.js";
import type { Fault } from "./faults.js";
import { measureTakeOver, type TakeOver } from "./measure-take-over.js";

/** Kills the master of a Redis that sentinels watch. Each run has servers of its own, since a failover cannot be undone. */
export async function measureFailovers(runs: number, random: () => number): Promise<TakeOver[]> {
  const measured = [];
  while (measured.length < runs) measured.push(await measureFailover(random));
  return measured;
}

async function measureFailover(random: () => number): Promise<TakeOver> {
  const sentinel = await startRedisSentinel();
  const cluster = await Cluster.start({
    name: "redis",
    server: null,
    uri: () => `${sentinel.uri}/0`,
    stop: () => sentinel.stop(),
  }).catch(async (error: unknown) => {
    await sentinel.stop();
    throw error;
  });
  const fault: Pick<Fault, "bound" | "inject" | "repair" | "mayLeadAgain" | "isGraceful"> = {
    mayLeadAgain: true,
    isGraceful: false,
    bound: afterStoreReturn,
    repair: () => Promise.resolve(),
    async inject() {
      await sentinel.master.kill();
      await waitFor("the promotion", async () =>
        /^role:master/m.test(await sentinel.replica.cli("INFO", "replication")),
      );
      return machineNow();
    },
  };
  try {
    return await measureTakeOver(cluster, fault, random);
  } finally {
    await cluster.stop();
  }
}
