/** A text, and the number of the write that made it: opaque, compared by the server only. */
export interface MemcacheItem {
  readonly text: string;
  readonly cas: string;
}

/** What is said to a server. All writes are conditional, so that one that is carried out late does no harm. */
export interface MemcacheCommands {
  /** `null`: there is no such item. */
  gets(key: string): Promise<MemcacheItem | null>;
  /** The texts of those that there are, by key. */
  getMany(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** `true`: stored; `false`: there is such an item already. `lifetimeS` in whole seconds, 0: no end. */
  add(key: string, text: string, lifetimeS: number): Promise<boolean>;
  /** `true`: replaced; `false`: the item is gone, or was written since `cas` was read. */
  cas(key: string, text: string, lifetimeS: number, cas: string): Promise<boolean>;
  /** Removes the item, if there is one. Only for keys that are never used again. */
  delete(key: string): Promise<void>;
  /** The counters of `stats`, by name. */
  stats(): Promise<ReadonlyMap<string, string>>;
}

/**
 * One connection of a client library, for one life: it never connects a second time, so that all its commands reach the
 * same server process. Every command rejects for whatever is not one of the answers above; whether it then has been
 * carried out is unknown. A command may also never settle: `Exchange` has the deadlines.
 */
export interface MemcacheConnection extends MemcacheCommands {
  /** Resolves when it takes commands: connected and, with credentials, authenticated. */
  readonly ready: Promise<void>;
  /** Ends it at once, in whatever state: nothing is sent any more, and no timer or socket stays. Repeatable. */
  destroy(): void;
}

/** What an adapter makes of its client library. */
export interface MemcacheClient {
  /** The server, for people: without a password. */
  readonly where: string;
  /** Begins a connection. Calls `onLost` when it is of no use any more, for whatever reason, also before it is ready. */
  connect(onLost: (cause: unknown) => void): MemcacheConnection;
}
