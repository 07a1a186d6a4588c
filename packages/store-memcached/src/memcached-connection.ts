import { connect } from "node:net";
import type { Socket } from "node:net";
import type { MemcacheConnection, ServerAddress } from "@beatx/shared-memcache";
import Memcached from "memcached";

/** What the client calls its only server; where that is, our socket knows. */
const SERVER = "server:11211";
/** In larger batches the client's parser takes seconds. */
const KEYS_PER_GET = 100;

/**
 * Timers of the client that would keep a process alive last a moment. A server is never "dead": the client would then run
 * `ping`, and crash where there is none. It moves no keys to other servers and mangles none.
 */
const OPTIONS: Memcached.options & { readonly failuresTimeout: number } = {
  failures: 1e9,
  failuresTimeout: 1,
  retry: 1,
  remove: false,
  keyCompression: false,
};

/** The parts of the client that its types leave out. */
interface ClientInternals {
  /** Where it looks for connections before it makes any. */
  readonly connections: Record<string, { pull(callback: (error: undefined, socket: Socket) => void): void }>;
  /** Takes what has come in. */
  buffer(socket: Socket, chunk: string): void;
}

/**
 * One connection of the client `memcached`. It is given our own socket in place of its pool, which would connect again by
 * itself, send commands later than their callers believe, and never tell of a connection that has gone.
 */
export function openMemcached(address: ServerAddress, onLost: (cause: unknown) => void): MemcacheConnection {
  const client = new Memcached(SERVER, OPTIONS);
  const socket = connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true });
  attach(client, socket, onLost);
  const ready = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
  return {
    ready,
    ...commandsOf(client),
    destroy() {
      client.removeAllListeners();
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.destroy();
    },
  };
}

function attach(client: Memcached, socket: Socket, onLost: (cause: unknown) => void): void {
  const internals = client as unknown as ClientInternals;
  internals.connections[SERVER] = { pull: (callback) => callback(undefined, socket) };
  // What the client's parser keeps on a socket.
  Object.assign(socket, {
    metaData: [],
    responseBuffer: "",
    bufferArray: [],
    serverAddress: SERVER,
    memcached: client,
  });
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    try {
      internals.buffer(socket, chunk);
    } catch (cause) {
      // A value that the client cannot read: out of its hands it would end the process.
      onLost(cause);
    }
  });
  socket.on("error", onLost);
  socket.on("close", () => onLost(new Error("the connection was closed by the server")));
  // SERVER_ERROR: the client tells it here, before it answers the command with a mere `false`.
  client.on("issue", ({ messages }) => onLost(new Error(messages.join(", "))));
}

function commandsOf(client: Memcached): Omit<MemcacheConnection, "ready" | "destroy"> {
  return {
    async gets(key) {
      const found = await answer<Record<string, string> & { cas: string }>((callback) => client.gets(key, callback));
      return found === undefined ? null : { text: found[key]!, cas: found.cas };
    },
    async getMany(keys) {
      const batches: Promise<Record<string, string> | undefined>[] = [];
      for (let start = 0; start < keys.length; start += KEYS_PER_GET) {
        batches.push(answer((callback) => client.getMulti(keys.slice(start, start + KEYS_PER_GET), callback)));
      }
      return new Map((await Promise.all(batches)).flatMap((found) => Object.entries(found ?? {})));
    },
    add: (key, text, lifetimeS) => stored((callback) => client.add(key, text, lifetimeS, callback)),
    cas: (key, text, lifetimeS, cas) => stored((callback) => client.cas(key, text, cas, lifetimeS, callback)),
    async delete(key) {
      await answer<boolean>((callback) => client.del(key, callback));
    },
    async stats() {
      const servers = await answer<Memcached.StatusData[]>((callback) => client.stats(callback));
      return new Map(Object.entries(servers?.[0] ?? {}).map(([name, value]) => [name, String(value)]));
    },
  };
}

type Callback = (error: unknown, answer: unknown) => void;

/** The client's answer; `undefined` is one of them. */
function answer<T>(send: (callback: Callback) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    send((error, value) => {
      if (error) reject(asError(error));
      else resolve(value as T | undefined);
    });
  });
}

/** `false`: the server has refused to store it, as asked. */
function stored(send: (callback: Callback) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    send((error, value) => {
      if (isNotStored(error)) resolve(false);
      else if (error || typeof value !== "boolean") reject(asError(error ?? `an answer of ${String(value)}`));
      else resolve(value);
    });
  });
}

function isNotStored(error: unknown): boolean {
  return error instanceof Error && "notStored" in error && error.notStored === true;
}

/** The client's errors are errors, texts, lists of either, or an empty list. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  if (Array.isArray(error)) return new Error(error.map(String).join(", ") || "the server answered ERROR");
  return new Error(String(error));
}
