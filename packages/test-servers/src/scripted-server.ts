import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** One client's connection to a `ScriptedServer`. */
export interface ScriptedConnection {
  readonly socket: Socket;
  /** All data received over it. */
  received(): Buffer;
}

/** A TCP server on a loopback port that behaves, or misbehaves, as its script says. */
export interface ScriptedServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Every connection so far, ended ones included. */
  readonly connections: readonly ScriptedConnection[];
  /** Ends all connections and the server. */
  stop(): Promise<void>;
}

/** Called with every chunk of data that comes in. */
export type Script = (connection: ScriptedConnection, chunk: Buffer) => void;

export async function startScripted(script: Script): Promise<ScriptedServer> {
  const connections: ScriptedConnection[] = [];
  const server = createServer((socket) => {
    const chunks: Buffer[] = [];
    const connection = { socket, received: () => Buffer.concat(chunks) };
    connections.push(connection);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      script(connection, chunk);
    });
    // A client that drops a connection resets it. That is under test, so it is no error here.
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    connections,
    async stop() {
      for (const { socket } of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
