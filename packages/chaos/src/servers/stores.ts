import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type MemcachedServer, runToEnd, startMemcached, temporaryFolder } from "@beatx/test-servers";
import { pause } from "../faults/pause.js";
import type { Choice, PlannedFault } from "../faults/plan.js";
import type { OpenPair, Pair } from "./pair.js";
import { harmRedis, startDurableRedis } from "./redis-faults.js";

/** A store whose server runs. */
export interface OpenStore {
  readonly port: number | undefined;
  uri(port: number | undefined): string;
  readonly harm: OpenPair["harm"];
  stop(): Promise<void>;
}

/** A kind of store. */
export interface Store {
  readonly name: string;
  readonly timing: Pair["timing"];
  readonly choices: readonly Choice[];
  open(): Promise<OpenStore>;
}

const server = "store";

/** A Redis of its own. */
export const REDIS: Store = {
  name: "redis",
  timing: { watchedLock: false, nodeClock: false, sharedFiles: false },
  choices: [
    { kind: "server-restart", server, weight: 1 },
    { kind: "server-pause", server, weight: 1 },
    { kind: "server-full", server, weight: 1 },
    { kind: "server-wipe", server, weight: 0.7 },
    { kind: "server-roll-back", server, weight: 0.7 },
  ],
  async open() {
    const redis = await startDurableRedis();
    return {
      port: redis.port,
      uri: (port) => `redis://127.0.0.1:${port}/0`,
      harm: (fault) => harmRedis(redis, fault),
      stop: () => redis.stop(),
    };
  },
};

/** memcached, through either client. Its memory is small, so that it can be filled. */
export function memcachedStore(scheme: "memcached" | "memjs"): Store {
  return {
    name: scheme,
    timing: { watchedLock: true, nodeClock: true, sharedFiles: false },
    choices: [
      { kind: "server-wipe", server, weight: 1 },
      { kind: "server-pause", server, weight: 1 },
      { kind: "server-evict", server, weight: 0.7 },
    ],
    async open() {
      const memcached = await startMemcached({ args: ["-m", "2"] });
      return {
        port: memcached.port,
        uri: (port) => `${scheme}://127.0.0.1:${port}`,
        harm: (fault) => harmMemcached(memcached, fault),
        stop: () => memcached.stop(),
      };
    },
  };
}

async function harmMemcached(memcached: MemcachedServer, { kind, forMs }: PlannedFault): Promise<undefined> {
  if (kind === "server-evict") return fill(memcached);
  if (kind === "server-pause") {
    memcached.pause();
    await pause(forMs);
    memcached.resume();
    return;
  }
  await memcached.kill();
  await pause(forMs / 4);
  await memcached.restart();
}

/** Writes so many items of all sizes that the server evicts older ones. */
function fill({ port }: MemcachedServer): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket
      .once("error", reject)
      .on("data", () => socket.end())
      .once("close", () => resolve(undefined));
    for (let count = 0; count < 40_000; count++) {
      const size = 40 + ((count * 37) % 1_000);
      socket.write(`set filler-${count} 0 0 ${size} noreply\r\n${"f".repeat(size)}\r\n`);
    }
    socket.write("version\r\n");
  });
}

const isRoot = process.getuid?.() === 0;

/** A folder of LMDB. Root can give it a disk that can be filled. */
export const LMDB: Store = {
  name: "lmdb",
  timing: { watchedLock: false, nodeClock: true, sharedFiles: true },
  choices: [
    { kind: "server-full", server, weight: isRoot ? 1.5 : 0 },
    { kind: "server-wipe", server, weight: 0.7 },
  ],
  async open() {
    const disk = await openDisk();
    const folder = join(disk.path, "data");
    return {
      port: undefined,
      uri: () => `lmdb://${folder}`,
      harm: (fault) => harmFolder(disk.path, folder, fault),
      stop: () => disk.remove(),
    };
  },
};

async function openDisk(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await temporaryFolder("disk");
  const install = "apt-get install mount";
  if (isRoot) await runToEnd("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", path], { install });
  // A run that is ended from outside leaves no disk behind either.
  const unmount = (): void => void (isRoot && spawnSync("umount", ["-l", path]));
  process.once("exit", unmount);
  return {
    path,
    async remove() {
      process.off("exit", unmount);
      unmount();
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function harmFolder(disk: string, folder: string, { kind, forMs }: PlannedFault): Promise<undefined> {
  if (kind === "server-wipe") {
    await rm(join(folder, "data.mdb"), { force: true });
    await rm(join(folder, "lock.mdb"), { force: true });
    return;
  }
  const filler = join(disk, "filler");
  for (const size of [1_000_000, 4_096]) {
    for (let count = 0; count < 20; count++) {
      await writeFile(filler, "f".repeat(size), { flag: "a" }).catch(() => undefined);
    }
  }
  await pause(forMs);
  await rm(filler);
}
