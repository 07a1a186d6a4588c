import { StoreError, withDeadline } from "@beatx/core/adapter";
import { databaseOf, endClient, messageOf, rememberErrors } from "@beatx/shared-redis";
import type { ErrorMemory, RedisClient } from "@beatx/shared-redis";
import type { Cluster, Redis } from "ioredis";
import { explainError } from "./explain-error.js";
import type { Script } from "@beatx/shared-redis";

const QUIT_DEADLINE_MS = 500;

/** What may be an argument of a command. */
export type Argument = string | number;

export interface ConnectionSettings {
  /** The address, for messages. */
  readonly where: string;
  /** Deadline of a command, in ms. */
  readonly timeoutMs: number;
  /** `false` leaves the client open on `close`. */
  readonly isOwned: boolean;
  /** A key of the namespace: in a cluster it tells the node. */
  readonly key: string;
}

/**
 * A client with a deadline on every command (R40). A command waits for the connection attempt under way, and rejects when
 * that fails; one whose deadline passed while it waited is never sent. The client reconnects by itself.
 */
export class Connection {
  readonly client: RedisClient;
  readonly isCluster: boolean;
  /** The number of the client's database. */
  readonly database: number;
  readonly #settings: ConnectionSettings;
  readonly #errors: ErrorMemory;
  #becomingReady: Promise<void> | undefined;
  #reachingNode: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: RedisClient, settings: ConnectionSettings) {
    this.client = client;
    this.isCluster = client.isCluster;
    this.database = databaseOf(client);
    this.#settings = settings;
    this.#errors = rememberErrors(client);
    client.on("-node", this.#forgetNode);
  }

  /** Another connection to the same place, with the same deadlines; the caller closes it. @throws StoreError when closed */
  duplicate(): Connection {
    if (this.#closing) throw new StoreError(`could not open a connection: the store is closed`);
    const client = this.isCluster
      ? (this.client as Cluster).duplicate()
      : (this.client as Redis).duplicate({ autoResubscribe: false });
    return new Connection(client, { ...this.#settings, isOwned: true });
  }

  /** Runs a script with its keys and arguments, and gives it to the server when that does not have it. @throws StoreError */
  run(what: string, { lua, sha1 }: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    return this.ask(what, async (client, isOver) => {
      try {
        return await command(client, "evalsha", [sha1, ...rest]);
      } catch (error) {
        if (isOver() || !messageOf(error).startsWith("NOSCRIPT")) throw error;
        return command(client, "eval", [lua, ...rest]);
      }
    });
  }

  /** Sends one command. @throws StoreError */
  send(what: string, name: string, args: readonly Argument[]): Promise<unknown> {
    return this.ask(what, (client) => command(client, name, args));
  }

  /**
   * Does `work` with the client once it is ready, both within one deadline. Work that sends more than once asks `isOver`
   * before each further time. @throws StoreError
   */
  async ask<T>(what: string, work: (client: RedisClient, isOver: () => boolean) => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreError(`could not ${what}: the store is closed`);
    const { where, timeoutMs } = this.#settings;
    let isSent = false;
    let isLate = false;
    const answer = (async () => {
      await this.#ready();
      if (isLate || this.#closing) throw new Error("the store was closed");
      isSent = true;
      return work(this.client, () => isLate);
    })();
    const onTimeout = (): Error => {
      isLate = true;
      if (isSent) return new Error(`${where} did not answer within ${timeoutMs} ms`);
      return new Error(`no connection to ${where} within ${timeoutMs} ms${this.#reason()}`);
    };
    try {
      return await withDeadline(answer, timeoutMs, onTimeout);
    } catch (error) {
      throw explainError(what, error);
    }
  }

  /** Ends the connection if it is the store's own. Takes at most about a second, whatever the server does. */
  close(): Promise<void> {
    this.#closing ??= this.#settings.isOwned ? endClient(this.client, QUIT_DEADLINE_MS) : this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    this.#errors.stop();
    this.client.off("-node", this.#forgetNode);
  }

  async #ready(): Promise<void> {
    if (this.client.status !== "ready" || !this.#isWritable()) {
      this.#becomingReady ??= this.#waitUntilReady().finally(() => (this.#becomingReady = undefined));
      await this.#becomingReady;
    }
    if (!this.isCluster) return;
    // ioredis connects to a node with the first command for it, and rejects all others until it is connected.
    this.#reachingNode ??= this.client.exists(this.#settings.key);
    this.#reachingNode.catch(this.#forgetNode);
    await this.#reachingNode;
  }

  /** A connection that is being given up stays "ready" until it is closed. */
  #isWritable(): boolean {
    return this.isCluster || (this.client as Redis).stream.writable;
  }

  #waitUntilReady(): Promise<void> {
    const { client } = this;
    if (client.status === "end" && !this.#settings.isOwned) {
      return Promise.reject(new Error("the given client was closed"));
    }
    return new Promise((resolve, reject) => {
      const settle = (isReady: boolean): void => {
        client.off("ready", onReady);
        for (const event of FAILURES) client.off(event, onFailure);
        if (isReady) resolve();
        else reject(new Error(`no connection to ${this.#settings.where}${this.#reason()}`));
      };
      const onReady = (): void => settle(true);
      const onFailure = (): void => settle(false);
      client.on("ready", onReady);
      for (const event of FAILURES) client.on(event, onFailure);
      // What goes wrong comes as an event too.
      if (client.status === "wait" || client.status === "end") client.connect().catch(() => undefined);
    });
  }

  #reason(): string {
    const reason = this.#errors.reason();
    return reason === undefined ? "" : `: ${reason}`;
  }

  readonly #forgetNode = (): void => {
    this.#reachingNode = undefined;
  };
}

/** A connection that closes without an error is tried again at once, and is waited for. */
const FAILURES = ["error", "end"] as const;

/** Both kinds of client take any command in the same way; their types have no signature in common. */
function command(client: RedisClient, name: string, args: readonly Argument[]): Promise<unknown> {
  return (client as Redis).call(name, [...args]);
}
