import type { Socket } from "node:net";
import type { CasNumber, MemcacheConnection, MemcacheValue, ServerAddress } from "@beatx/shared-memcache";
import { Client, Server } from "memjs";
import type { Response } from "memjs";
import { encodeRequest, OPCODE, STATUS, statusError } from "./binary-protocol.js";
import type { BinaryRequest } from "./binary-protocol.js";

/** Parts of the client's server object that its types omit or make read-only. */
interface ServerInternals {
  _socket: Socket | undefined;
  username: string | undefined;
  password: string | undefined;
}

/**
 * One connection of the client `memjs`, with SASL if there are credentials. `destroy` disables the client's own actions
 * after a failure: it would reconnect, and send commands that it has already reported as failed.
 */
export function openMemjs(
  address: ServerAddress,
  timeoutMs: number,
  onLost: (cause: unknown) => void,
): MemcacheConnection {
  const server = createServer(address, timeoutMs);
  // `retries: 1` is one attempt. A second one would repeat commands that were carried out.
  const client = new Client([server], { retries: 1, failover: false, logger: { log: () => undefined } });
  const { ready, socket } = connect(server, onLost);
  return {
    ready,
    ...commandsOf(client),
    destroy() {
      server.sock = () => undefined;
      server.responseHandler = () => undefined;
      server.removeAllListeners();
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.destroy();
    },
  };
}

/** Replaces the client's own factory, which misreads passwords and takes credentials from the environment. */
function createServer({ host, port, credentials }: ServerAddress, timeoutMs: number): Server {
  const options = { timeout: timeoutMs / 1000, conntimeout: timeoutMs / 1000, keepAlive: true };
  const server = new Server(host, port, undefined, undefined, options);
  const internals = server as unknown as ServerInternals;
  internals.username = credentials?.username;
  internals.password = credentials?.password;
  return server;
}

function connect(server: Server, onLost: (cause: unknown) => void): { ready: Promise<void>; socket: Socket } {
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(asError(cause));
      onLost(asError(cause));
    };
    // The client calls this for every failure, but reports it only to commands that wait for an answer.
    server.error = fail;
    server.sock(false, () => resolve());
    socketOf(server).once("close", () => fail(new Error("the connection was closed by the server")));
  });
  return { ready, socket: socketOf(server) };
}

/** The client creates the socket at once, and clears this field when it fails. */
function socketOf(server: Server): Socket {
  return (server as unknown as ServerInternals)._socket!;
}

function commandsOf(client: Client): Omit<MemcacheConnection, "ready" | "destroy"> {
  const gets = async (key: string): Promise<(MemcacheValue & CasNumber) | null> => {
    const { header, extras, val } = await perform(client, { opcode: OPCODE.get, key });
    if (header.status === STATUS.missing) return null;
    if (header.status !== STATUS.ok) throw statusError(header.status);
    return { bytes: val, flags: extras.readUInt32BE(0), cas: header.cas.toString("hex") };
  };
  return {
    gets,
    async getMany(keys) {
      // The client has no command for several keys, but the requests travel together.
      const found = await Promise.all(keys.map(async (key) => [key, await gets(key)] as const));
      return new Map(found.flatMap(([key, item]) => (item ? [[key, item]] : [])));
    },
    add: (key, text, lifetimeS) => store(client, { opcode: OPCODE.add, key, item: { text, lifetimeS } }),
    cas: (key, text, lifetimeS, cas) => store(client, { opcode: OPCODE.set, key, item: { text, lifetimeS }, cas }),
    set: (key, text, lifetimeS) => store(client, { opcode: OPCODE.set, key, item: { text, lifetimeS } }),
    touch: (key, lifetimeS) => store(client, { opcode: OPCODE.touch, key, lifetimeS }),
    async delete(key) {
      const { status } = (await perform(client, { opcode: OPCODE.delete, key })).header;
      if (status !== STATUS.ok && status !== STATUS.missing) throw statusError(status);
    },
    stats: () =>
      new Promise((resolve, reject) => {
        client.stats((error, _server, stats) => {
          if (error) reject(asError(error));
          else resolve(new Map(Object.entries(stats ?? {})));
        });
      }),
  };
}

async function store(client: Client, request: BinaryRequest): Promise<boolean> {
  const { status } = (await perform(client, request)).header;
  if (status === STATUS.ok) return true;
  if (status === STATUS.exists || status === STATUS.missing || status === STATUS.notStored) return false;
  throw statusError(status);
}

function perform(client: Client, request: BinaryRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.incrSeq();
    const { seq } = client;
    client.perform(request.key, encodeRequest(request, seq), seq, (error, response: Response) => {
      if (error) reject(asError(error));
      else resolve(response);
    });
  });
}

/** The client reports errors or texts. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
