import { BeatxError, StoreError } from "@beatx/core";
import type { Clock } from "@beatx/core";
import { explainError } from "./explain-error.js";
import type { CasNumber, MemcacheClient, MemcacheCommands, MemcacheConnection } from "./memcache-connection.js";
import { textOf } from "./value-text.js";

export interface ExchangeOptions {
  readonly client: MemcacheClient;
  readonly clock: Clock;
  /** Deadline of one exchange, connecting included, in ms. */
  readonly timeoutMs: number;
  /** A connection is replaced after this many commands: memjs counts them in 31 bits and fails for ever after that. */
  readonly commandsPerConnection?: number;
}

interface LiveConnection {
  readonly connection: MemcacheConnection;
  /** Fails each exchange in flight when the connection is lost. */
  readonly pending: Set<(cause: unknown) => void>;
  sent: number;
}

const COMMANDS_PER_CONNECTION = 2 ** 30;

/**
 * Runs exchanges with one server, and does not trust the client library: both libraries sometimes never answer, and neither
 * is usable after an error. So the first failure, deadline or end of file discards the connection, and the next exchange
 * opens a new one.
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
   * One exchange: commands that share one deadline and one connection. A restarted server counts its `cas` numbers from 1
   * again, so an old number may match a different text. But no connection outlives its server: an exchange compares in
   * the same server process that it read from. Nothing is sent after the exchange has ended.
   *
   * @throws StoreError when the server did not answer, or not in time; also throws the errors of `talk`.
   */
  run<T>(what: string, talk: (commands: MemcacheCommands) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    const live = this.#liveConnection();
    return new Promise((resolve, reject) => {
      let hasEnded = false;
      const end = (): void => {
        hasEnded = true;
        timer.cancel();
        live.pending.delete(fail);
        // The connection was replaced, and this was its last exchange.
        if (this.#current !== live && live.pending.size === 0) live.connection.destroy();
      };
      const fail = (cause: unknown): void => {
        end();
        reject(explainError(what, this.#client.where, cause));
      };
      const timer = this.#clock.setTimer(() => this.#lose(live, this.#timeoutError()), this.#timeoutMs);
      live.pending.add(fail);
      const endWith =
        <V>(how: (value: V) => void) =>
        (value: V): void => {
          if (hasEnded) return;
          end();
          how(value);
        };
      talk(this.#commands(live, () => hasEnded)).then(endWith(resolve), endWith(reject));
    });
  }

  /** Ends the connection. Exchanges in flight reject, and so do later ones. Repeatable. */
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
    // Exchanges in flight learn of a failure through `onLost`. This promise may have no other listener.
    connection.ready.catch((cause: unknown) => this.#lose(live, cause));
    this.#current = live;
    return live;
  }

  #lose(live: LiveConnection, cause: unknown): void {
    if (this.#current === live) this.#current = null;
    live.connection.destroy();
    for (const fail of [...live.pending]) fail(cause);
  }

  /** The commands of one exchange. If one fails, the connection ends, and the exchange with it. */
  #commands(live: LiveConnection, hasEnded: () => boolean): MemcacheCommands {
    const { connection } = live;
    const send = async <T>(commands: number, carryOut: () => Promise<T>): Promise<T> => {
      await connection.ready;
      // Another exchange may still be using this connection.
      if (hasEnded()) throw new StoreError("the exchange has ended: nothing more is sent");
      live.sent += commands;
      try {
        return await carryOut();
      } catch (cause) {
        this.#lose(live, cause);
        throw cause;
      }
    };
    return {
      gets: (key) =>
        send(1, async () => {
          const item = await connection.gets(key);
          return item && { text: textOf(item), cas: checkCas(item) };
        }),
      getMany: (keys) =>
        send(keys.length, async () => {
          const values = await connection.getMany(keys);
          return new Map(Array.from(values, ([key, value]) => [key, textOf(value)]));
        }),
      add: (key, text, lifetimeS) => send(1, () => connection.add(key, text, lifetimeS)),
      cas: (key, text, lifetimeS, cas) => send(1, () => connection.cas(key, text, lifetimeS, cas)),
      set: (key, text, lifetimeS) => send(1, () => connection.set(key, text, lifetimeS)),
      touch: (key, lifetimeS) => send(1, () => connection.touch(key, lifetimeS)),
      delete: (key) => send(1, () => connection.delete(key)),
      stats: () => send(1, () => connection.stats()),
    };
  }

  #timeoutError(): Error {
    return new Error(`no answer within ${this.#timeoutMs} ms`);
  }

  #closedError(): BeatxError {
    return new BeatxError("CLOSED", `the store on ${this.#client.where} was closed: open a new one`);
  }
}

/** Without these numbers, the server would replace any text with any other. */
function checkCas({ cas }: CasNumber): string {
  if (/^0*$/.test(cas)) {
    throw new Error("the server runs without CAS, which the lease depends on: start it without -C (--disable-cas)");
  }
  return cas;
}
