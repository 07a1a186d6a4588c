import { connect } from "node:net";
import type { Socket } from "node:net";
import type { MemcacheConnection, ServerAddress } from "@beatx/shared-memcache";
import Memcached from "memcached";
import { ReplyRewriter, valueIn } from "./reply-rewriter.js";

/** The client's name for its only server. The real address is that of our socket. */
const SERVER = "server:11211";
/** The client's parser takes seconds for larger batches, since it copies all that it has received with each packet. */
const KEYS_PER_GET = 16;

/**
 * The client's timers keep a process alive, so they are short. A server is never "dead": for a dead one the client runs
 * `ping`, and crashes where that is missing. Keys are never moved to other servers and never changed.
 */
const OPTIONS: Memcached.options & { readonly failuresTimeout: number } = {
  failures: 1e9,
  failuresTimeout: 1,
  retry: 1,
  remove: false,
  keyCompression: false,
};

/** Parts of the client that its types omit or mistake. */
interface ClientInternals {
  /** Where it looks for a connection before it opens one. */
  readonly connections: Record<string, { pull(callback: (error: undefined, socket: Socket) => void): void }>;
  /** Answers `false` if there is no such item. */
  touch(key: string, lifetimeS: number, callback: Callback): void;
  /** Parses received data. */
  buffer(socket: Socket, chunk: string): void;
}

/**
 * One connection of the client `memcached`, on our own socket in place of its pool. The pool would reconnect by itself, send
 * commands after their callers gave up, and never report a lost connection.
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
  internals.connections[SERVER] = {
    pull(callback) {
      sendTogether(socket);
      callback(undefined, socket);
    },
  };
  // The client's parser keeps this state on its socket.
  Object.assign(socket, {
    metaData: [],
    responseBuffer: "",
    bufferArray: [],
    serverAddress: SERVER,
    memcached: client,
  });
  const rewriter = new ReplyRewriter();
  socket.on("data", (chunk: Buffer) => {
    try {
      const lines = rewriter.push(chunk);
      if (lines !== "") internals.buffer(socket, lines);
    } catch (cause) {
      // A reply that cannot be parsed. Uncaught, this error would end the process.
      onLost(cause);
    }
  });
  socket.on("error", onLost);
  socket.on("close", () => onLost(new Error("the connection was closed by the server")));
  // The client reports SERVER_ERROR here, before it answers the command with a mere `false`.
  client.on("issue", ({ messages }) => onLost(new Error(messages.join(", "))));
}

/** All commands that are written until the end of this turn travel in one packet. */
function sendTogether(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

function commandsOf(client: Memcached): Omit<MemcacheConnection, "ready" | "destroy"> {
  return {
    async gets(key) {
      const found = await answer<Record<string, string> & { cas: string }>((callback) => client.gets(key, callback));
      return found === undefined ? null : { ...valueIn(found[key]!), cas: found.cas };
    },
    async getMany(keys) {
      const found = new Map<string, ReturnType<typeof valueIn>>();
      // One batch after the other: the parser copies the answers of all batches under way.
      for (let start = 0; start < keys.length; start += KEYS_PER_GET) {
        const some = keys.slice(start, start + KEYS_PER_GET);
        const lines = await answer<Record<string, string>>((callback) => client.getMulti(some, callback));
        for (const [key, line] of Object.entries(lines ?? {})) found.set(key, valueIn(line));
      }
      return found;
    },
    add: (key, text, lifetimeS) => stored((callback) => client.add(key, text, lifetimeS, callback)),
    cas: (key, text, lifetimeS, cas) => stored((callback) => client.cas(key, text, cas, lifetimeS, callback)),
    set: (key, text, lifetimeS) => stored((callback) => client.set(key, text, lifetimeS, callback)),
    touch: (key, lifetimeS) =>
      stored((callback) => (client as unknown as ClientInternals).touch(key, lifetimeS, callback)),
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

/** The client's answer, which may be `undefined`. */
function answer<T>(send: (callback: Callback) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    send((error, value) => {
      if (error) reject(asError(error));
      else resolve(value as T | undefined);
    });
  });
}

/** `false`: the condition did not hold, and the server stored nothing. */
function stored(send: (callback: Callback) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    send((error, value) => {
      if (isNotStored(error)) resolve(false);
      else if (error || typeof value !== "boolean") reject(asError(error ?? `unexpected answer ${String(value)}`));
      else resolve(value);
    });
  });
}

function isNotStored(error: unknown): boolean {
  return error instanceof Error && "notStored" in error && error.notStored === true;
}

/** The client reports an error, a text, a list of either, or an empty list. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  if (Array.isArray(error)) return new Error(error.map(String).join(", ") || "the server answered ERROR");
  return new Error(String(error));
}
