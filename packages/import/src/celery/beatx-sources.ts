/** The stores of celery-beatx. */

import { ConfigError } from "@beatx/core";
import { parseUri, redactUri } from "@beatx/core/adapter";

import { parseExactJson } from "./exact-json.js";
import type { ForeignLock } from "./hold-lock.js";
import { type MemcachedItems, memcachedItems } from "./memcached-items.js";
import { memcachedLock } from "./memcached-lock.js";
import { redisLock } from "./redis-lock.js";
import { openSource } from "./redis-source.js";
import { runPython } from "./run-python.js";

const SCHEDULE_KEY = "celery:schedule";
const DEFAULT_PORT = 11_211;

export interface BeatxSource {
  /** For messages; no password. */
  readonly place: string;
  lock(key: string): ForeignLock;
  /** `null`: there is none. */
  read(): Promise<readonly StoredBeatxEntry[] | null>;
  close(): Promise<void>;
}

export interface StoredBeatxEntry {
  readonly name: string;
  /** @throws ConfigError if what is stored cannot be kept */
  read(): unknown;
}

/** A hash of JSON texts. */
export function redisSource(uri: string): BeatxSource {
  const connection = openSource(uri);
  return {
    place: connection.place,
    lock: (key) => redisLock(connection, key),
    async read() {
      const stored = await connection.run("read the schedule", (redis) => redis.hgetall(SCHEDULE_KEY));
      const entries = Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1));
      if (entries.length === 0) return null;
      return entries.map(([name, text]) => ({ name, read: () => parseExactJson(text, "what is stored") }));
    },
    close: () => connection.close(),
  };
}

interface PythonOptions {
  readonly python: string | undefined;
  readonly cwd: string;
}

/** A pickled dict in one item. Python's clients choose the server of a key among those of the URI. */
export function memcachedSource(uri: string, options: PythonOptions): BeatxSource {
  const { hosts } = parseUri(uri);
  if (hosts.length === 0) {
    throw new ConfigError(`cannot use the URI ${redactUri(uri)}: it names no host`, { field: "uri" });
  }
  const servers = hosts.map(({ host, port = DEFAULT_PORT }) => memcachedItems(host, port));
  return {
    place: redactUri(uri),
    lock: (key) => {
      if (servers.length === 1) return memcachedLock(servers[0]!, key);
      const why = "celery-beatx spreads its keys over several servers, so its lock cannot be found";
      throw new ConfigError(`${why}: stop it instead of --hold-lock`, { field: "uri" });
    },
    read: () => readPickled(servers, options),
    close: () => Promise.resolve(),
  };
}

async function readPickled(
  servers: readonly MemcachedItems[],
  options: PythonOptions,
): Promise<readonly StoredBeatxEntry[] | null> {
  for (const server of servers) {
    const item = await server.get(SCHEDULE_KEY);
    if (item === null) continue;
    const input = item.value.toString("base64");
    const text = await runPython("read_pickle.py", { ...options, args: [String(item.flags)], input });
    const stored = JSON.parse(text) as readonly { name: string; entry?: unknown; refused?: string }[];
    return stored.map(({ name, entry, refused }) => ({
      name,
      read: () => {
        if (refused !== undefined) throw new ConfigError(refused);
        return entry;
      },
    }));
  }
  return null;
}
