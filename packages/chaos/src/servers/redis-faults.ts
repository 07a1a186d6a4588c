import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type RedisServer, startRedis, temporaryFolder } from "@beatx/test-servers";
import type { Fault } from "../checker/record.js";
import type { PlannedFault } from "../faults/plan.js";
import { pause } from "../faults/pause.js";

/** A Redis that has on its disk what it has answered. */
export function startDurableRedis(): Promise<RedisServer> {
  return startRedis({ appendOnly: true, args: ["--appendfsync", "always"] });
}

/** Does a server fault to a Redis of `startDurableRedis`. */
export async function harmRedis(
  redis: RedisServer,
  { kind, forMs }: PlannedFault,
): Promise<Pick<Fault, "lostSince"> | undefined> {
  if (kind === "server-roll-back") return rollBack(redis, forMs);
  if (kind === "server-pause") {
    redis.pause();
    await pause(forMs);
    redis.resume();
  } else if (kind === "server-full") {
    await redis.cli("CONFIG", "SET", "maxmemory", "1");
    await pause(forMs);
    await redis.cli("CONFIG", "SET", "maxmemory", "0");
  } else {
    await redis.kill();
    await pause(forMs / 4);
    await redis.restart({ empty: kind === "server-wipe" });
  }
  return undefined;
}

/** Keeps a copy of its files, and restarts it with the copy. */
async function rollBack(redis: RedisServer, afterMs: number): Promise<{ lostSince: number }> {
  const copy = await temporaryFolder("older");
  const files = join(redis.folder, "appendonlydir");
  const lostSince = Date.now();
  await cp(files, copy, { recursive: true });
  await pause(afterMs);
  await redis.kill();
  await rm(files, { recursive: true });
  await cp(copy, files, { recursive: true });
  await rm(copy, { recursive: true });
  await redis.restart();
  return { lostSince };
}
