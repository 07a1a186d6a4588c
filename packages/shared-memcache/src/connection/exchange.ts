import { BeatxError, StoreError } from "@beatx/core";
import type { Clock } from "@beatx/core";
import type { MemcacheClient, MemcacheCommands, MemcacheConnection, MemcacheItem } from "./memcache-connection.js";
import { explainError } from "./explain-error.js";

export interface ExchangeOptions {
  readonly client: MemcacheClient;
  readonly clock: Clock;
  /** Deadline of one exchange, connecting included, in ms. */
  readonly timeoutMs: number;
  /** A connection is replaced after so many commands: memjs counts them in 31 bits and then fails for ever. */
  readonly commandsPerConnection?: number;
}

interface LiveConnection {
  readonly connection: MemcacheConnection;
  /** How each exchange that is under way is told that the connection is lost. */
  readonly pending: Set<(cause: unknown) => void>;
  sent: number;
}

const COMMANDS_PER_CONNECTION = 2 ** 30;

/**
 * The way to the server. It trusts no client library: neither answers always, and neither can be used after an error. So a
 * connection is thrown away with the first failure, deadline or end of file, and the next exchange begins another one.
 */
export class Exchange {
  readonly #client: MemcacheClient;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #commandsPerConnection: number;
  #current: LiveConnection | null = null;
  #isClosed = false;

  constructor({ client, clock, timeoutMs, commandsPerConnection = COMMANDS_PER_CONNECTION }: ExchangeOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#commandsPerConnection = commandsPerConnection;
  }

  /**
   * Commands that belong together: they have one deadline, and one connection. Numbers for `cas` begin anew when a
   * server restarts, and an old one may then fit another text; but no connection outlives its server, so that what was
   * read in an exchange is compared in the same server process. Nothing is sent once the exchange has settled.
   *
   * @throws StoreError when the server could not be asked, or not in time; whatever `talk` throws.
   */
  run<T>(what: string, talk: (commands: MemcacheCommands) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    const live = this.#liveConnection();
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (): void => {
        isOver = true;
        timer.cancel();
        live.pending.delete(fail);
        // It was replaced, and this was its last exchange.
        if (this.#current !== live && live.pending.size === 0) live.connection.destroy();
      };
      const fail = (cause: unknown): void => {
        end();
        reject(explainError(what, this.#client.where, cause));
      };
      const timer = this.#clock.setTimer(() => this.#lose(live, this.#timeoutError()), this.#timeoutMs);
      live.pending.add(fail);
      const settle =
        <V>(how: (value: V) => void) =>
        (value: V): void => {
          if (isOver) return;
          end();
          how(value);
        };
      talk(this.#commands(live, () => isOver)).then(settle(resolve), settle(reject));
    });
  }

  /** Ends the connection; what is under way rejects, and so does what comes later. Repeatable. */
  close(): void {
    this.#isClosed = true;
    if (this.#current) this.#lose(this.#current, this.#closedError());
  }

  #liveConnection(): LiveConnection {
    if (this.#current && this.#current.sent < this.#commandsPerConnection) return this.#current;
    if (this.#current?.pending.size === 0) this.#current.connection.destroy();
    const pending = new Set<(cause: unknown) => void>();
    const connection = this.#client.connect((cause) => this.#lose(live, cause));
    const live: LiveConnection = { connection, pending, sent: 0 };
    // Exchanges that are under way hear of a failure through `onLost`; this one nobody may be waiting for.
    connection.ready.catch((cause: unknown) => this.#lose(live, cause));
    this.#current = live;
    return live;
  }

  #lose(live: LiveConnection, cause: unknown): void {
    if (this.#current === live) this.#current = null;
    live.connection.destroy();
    for (const fail of [...live.pending]) fail(cause);
  }

  /** The commands of one exchange: an error of one of them is the end of the connection, and so of the exchange. */
  #commands(live: LiveConnection, isOver: () => boolean): MemcacheCommands {
    const { connection } = live;
    const send = async <T>(commands: number, carryOut: () => Promise<T>): Promise<T> => {
      await connection.ready;
      // Somebody else's exchange may go on over this connection.
      if (isOver()) throw new StoreError("the exchange is over: nothing more is sent");
      live.sent += commands;
      try {
        return await carryOut();
      } catch (cause) {
        this.#lose(live, cause);
        throw cause;
      }
    };
    return {
      gets: (key) => send(1, async () => checkCas(await connection.gets(key))),
      getMany: (keys) => send(keys.length, () => connection.getMany(keys)),
      add: (key, text, lifetimeS) => send(1, () => connection.add(key, text, lifetimeS)),
      cas: (key, text, lifetimeS, cas) => send(1, () => connection.cas(key, text, lifetimeS, cas)),
      delete: (key) => send(1, () => connection.delete(key)),
      stats: () => send(1, () => connection.stats()),
    };
  }

  #timeoutError(): Error {
    return new Error(`no answer within ${this.#timeoutMs} ms`);
  }

  #closedError(): BeatxError {
    return new BeatxError("CLOSED", `the store on ${this.#client.where} was closed: open another one`);
  }
}

/** A server without the numbers would replace anything by anything. */
function checkCas(item: MemcacheItem | null): MemcacheItem | null {
  if (item && /^0*$/.test(item.cas)) {
    throw new Error("the server runs without CAS, which keeps the lease: start it without -C (--disable-cas)");
  }
  return item;
}
