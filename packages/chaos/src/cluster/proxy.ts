import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { passAfter, passAtOnce, passInPieces, type Relay } from "./relay.js";

/**
 * What a proxy does with the bytes of all its connections:
 *
 * - `pass`: hands them on.
 * - `cut`: breaks every connection and each new one.
 * - `half-open`: accepts everything and hands on nothing, in either direction.
 * - `delay`: hands each chunk on `amount` ms later.
 * - `trickle`: hands on `amount` bytes every 5 ms.
 * - `lose-replies`: hands requests on and swallows the replies.
 * - `late-commands`: keeps requests and hands them on when the mode ends, even if the client has left.
 */
export type ProxyMode = "pass" | "cut" | "half-open" | "delay" | "trickle" | "lose-replies" | "late-commands";

/** Stands between one node and one server on loopback, and does harm when it is told to. */
export interface Proxy {
  readonly port: number;
  /** When each client has connected so far, in monotonic ms of this process, broken connections included. */
  readonly connectedAt: readonly number[];
  /** Changes the mode of all connections, present and future. `amount`: see `ProxyMode`. */
  set(mode: ProxyMode, amount?: number): void;
  /**
   * The connections of now hand nothing on any more, whatever the mode, as behind a router that has forgotten them. New
   * ones work. `which` chooses by what the client has sent over the connection, its first 4 kB. Default: all.
   */
  forget(which?: (sent: string) => boolean): void;
  /** Breaks all connections and stops listening. */
  stop(): Promise<void>;
}

/** How much of what a client sent is kept for `forget`, in characters. */
const KEPT_LENGTH = 4_096;

/** Starts a proxy to a port of the loopback interface, in the mode `pass`. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const links = new Set<Link>();
  const connectedAt: number[] = [];
  let mode: ProxyMode = "pass";
  let amount = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connectedAt.push(performance.now());
    if (mode === "cut") return void client.on("error", () => undefined).destroy();
    const link = new Link(client, targetPort, () => links.delete(link));
    links.add(link);
    link.set(mode, amount);
  });
  await listen(server);
  return {
    port: (server.address() as AddressInfo).port,
    connectedAt,
    forget(which = () => true) {
      for (const link of links) if (which(link.sent)) link.forget();
    },
    set(nextMode, nextAmount = 0) {
      mode = nextMode;
      amount = nextAmount;
      for (const link of [...links]) link.set(mode, amount);
    },
    async stop() {
      for (const link of [...links]) link.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
}

/** One connection of a client, and the one to the server that belongs to it. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #gone: () => void;
  #mode: ProxyMode = "pass";
  #requests: Relay = passAtOnce();
  #replies: Relay = passAtOnce();
  #kept: Buffer[] = [];
  #ended = false;
  #forgotten = false;
  #sent = "";

  constructor(client: Socket, targetPort: number, gone: () => void) {
    this.#client = client;
    this.#server = connect(targetPort, "127.0.0.1");
    this.#gone = gone;
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    client.on("data", (chunk: Buffer) => this.#request(chunk));
    this.#server.on("data", (chunk: Buffer) => this.#reply(chunk));
    client
      .on("error", () => undefined)
      .on("end", () => this.#clientLeft())
      .on("close", () => this.#clientLeft());
    this.#server.on("error", () => undefined).on("close", () => this.destroy());
  }

  /** The beginning of what the client has sent. */
  get sent(): string {
    return this.#sent;
  }

  forget(): void {
    this.#forgotten = true;
  }

  /** Bytes that were swallowed leave a connection that nobody can use, so it is broken when such a mode ends. */
  set(mode: ProxyMode, amount: number): void {
    if (this.#forgotten && mode !== "cut") return;
    const before = this.#mode;
    this.#mode = mode;
    if (mode === "cut" || (before !== mode && (before === "half-open" || before === "lose-replies"))) {
      return this.destroy();
    }
    const relay = mode === "delay" ? passAfter : mode === "trickle" ? passInPieces : passAtOnce;
    this.#requests = relay(amount, this.#requests);
    this.#replies = relay(amount, this.#replies);
    if (before === "late-commands" && mode !== before) this.#handOnKept();
  }

  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client.destroy();
    this.#server.destroy();
    this.#gone();
  }

  #request(chunk: Buffer): void {
    if (this.#sent.length < KEPT_LENGTH) this.#sent += chunk.toString("latin1");
    if (this.#forgotten) return;
    if (this.#mode === "late-commands") this.#kept.push(chunk);
    else if (this.#mode !== "half-open") this.#requests.take(chunk, this.#server);
  }

  #reply(chunk: Buffer): void {
    if (this.#forgotten || this.#mode === "half-open" || this.#mode === "lose-replies") return;
    this.#replies.take(chunk, this.#client);
  }

  #clientLeft(): void {
    if (this.#mode !== "late-commands") this.destroy();
  }

  #handOnKept(): void {
    const late = Buffer.concat(this.#kept);
    this.#kept = [];
    if (late.length > 0) this.#server.write(late);
    if (this.#client.destroyed || this.#client.readableEnded) this.#server.end();
  }
}
