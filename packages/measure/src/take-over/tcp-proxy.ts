import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A TCP proxy in front of a server, for faults of the network between the two. */
export interface TcpProxy {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** When each client has connected so far (monotonic ms of this process), accepted or not. */
  readonly connectedAt: readonly number[];
  /** Closes all connections, and each new one at once, until `heal`. */
  cut(): void;
  /** Carries nothing more in either direction, and says nothing of it, until `heal` delivers what was held back. */
  hold(): void;
  /**
   * The connections of now stay open and silent for ever, as behind a router that has forgotten them. New ones work.
   * `which` chooses by what the client has sent so far over the connection. Default: all.
   */
  forget(which?: (sent: Buffer) => boolean): void;
  /** Ends `cut` and `hold`. Connections that were closed or forgotten stay so. */
  heal(): void;
  /** Ends all connections and the proxy. */
  stop(): Promise<void>;
}

/** How much of what a client sent is kept for `forget`, in bytes. */
const KEPT_BYTES = 4_096;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  sent: Buffer;
  isForgotten: boolean;
}

/** Starts a proxy on a free loopback port. The server need not be up. */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const connectedAt: number[] = [];
  let state: "open" | "cut" | "held" = "open";
  const proxy = createServer((client) => {
    connectedAt.push(performance.now());
    if (state === "cut") client.destroy();
    else join(client, connect(serverPort, "127.0.0.1"), pairs, state === "held");
  });
  const destroyAll = (): void => {
    for (const { client } of pairs) client.destroy();
  };
  const flowing = (flows: boolean): void => {
    for (const { client, server, isForgotten } of pairs) {
      for (const socket of [client, server]) if (flows && !isForgotten) socket.resume(); else socket.pause(); // prettier-ignore
    }
  };
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    host: "127.0.0.1",
    port: (proxy.address() as AddressInfo).port,
    connectedAt,
    cut() {
      state = "cut";
      destroyAll();
    },
    hold() {
      state = "held";
      flowing(false);
    },
    forget(which = () => true) {
      for (const pair of pairs) pair.isForgotten ||= which(pair.sent);
      flowing(state !== "held");
    },
    heal() {
      state = "open";
      flowing(true);
    },
    async stop() {
      state = "cut";
      destroyAll();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** Carries the data of both directions; the end of one connection ends the other. */
function join(client: Socket, server: Socket, pairs: Set<Pair>, isHeld: boolean): void {
  const pair: Pair = { client, server, sent: Buffer.alloc(0), isForgotten: false };
  pairs.add(pair);
  client.on("data", (chunk: Buffer) => {
    if (pair.sent.length < KEPT_BYTES) pair.sent = Buffer.concat([pair.sent, chunk]).subarray(0, KEPT_BYTES);
    server.write(chunk);
  });
  server.on("data", (chunk: Buffer) => client.write(chunk));
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    // prettier-ignore
    socket.setNoDelay(true);
    // An error is followed by "close", which is all that the other side sees of it.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      pairs.delete(pair);
      other.destroy();
    });
    if (isHeld) socket.pause();
  }
}
