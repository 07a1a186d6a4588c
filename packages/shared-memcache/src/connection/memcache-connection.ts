/** A value as the server has it. beatx writes UTF-8 with flags 0; another client may have written anything. */
export interface MemcacheValue {
  readonly bytes: Buffer;
  readonly flags: number;
}

/** The opaque number of the write that made an item. Only the server compares these numbers. */
export interface CasNumber {
  readonly cas: string;
}

/** The commands beatx sends to a server. All writes but `set` are conditional, so a late one does no harm. */
interface Commands<Value, Item extends CasNumber> {
  /** `null`: no such item. */
  gets(key: string): Promise<Item | null>;
  /** The values of the items that exist, by key. */
  getMany(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>;
  /** `true`: stored. `false`: the item exists already. `lifetimeS` in whole seconds; 0: unlimited. */
  add(key: string, text: string, lifetimeS: number): Promise<boolean>;
  /** `true`: replaced. `false`: the item is lost, or was written since `cas` was read. */
  cas(key: string, text: string, lifetimeS: number, cas: string): Promise<boolean>;
  /** Writes an item, whatever is there. Only for records of the history, of which a late one does no harm. */
  set(key: string, text: string, lifetimeS: number): Promise<boolean>;
  /** Sets the lifetime of an item; its text and number stay. `false`: no such item. `lifetimeS` in whole seconds; 0: unlimited. */
  touch(key: string, lifetimeS: number): Promise<boolean>;
  /** Removes the item, if it exists. Only for keys that are never used again. */
  delete(key: string): Promise<void>;
  /** The counters of `stats`, by name. */
  stats(): Promise<ReadonlyMap<string, string>>;
}

/** The text of an item, and its number. */
export interface MemcacheItem extends CasNumber {
  readonly text: string;
}

/** The commands as the rest of this package sees them: with texts. */
export type MemcacheCommands = Commands<string, MemcacheItem>;

/**
 * One connection of a client library. It never reconnects, so all its commands reach the same server process. A command
 * rejects unless it got one of the answers above; it may or may not have been carried out then. A command may also never
 * end: `Exchange` sets the deadlines.
 */
export interface MemcacheConnection extends Commands<MemcacheValue, MemcacheValue & CasNumber> {
  /** Resolves when it is ready for commands: connected and, with credentials, authenticated. */
  readonly ready: Promise<void>;
  /** Ends it at once, in any state. Sends nothing more and leaves no timer or socket. Repeatable. */
  destroy(): void;
}

/** An adapter wraps its client library in this. */
export interface MemcacheClient {
  /** The server, as shown to people: no password. */
  readonly where: string;
  /** Opens a connection. Calls `onLost` when it becomes unusable for any reason, even before it is ready. */
  connect(onLost: (cause: unknown) => void): MemcacheConnection;
}
