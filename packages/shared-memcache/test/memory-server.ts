import type { CasNumber, MemcacheClient, MemcacheConnection, MemcacheValue } from "../src/index.js";

export type CommandName = Exclude<keyof MemcacheConnection, "ready" | "destroy">;

interface Item {
  text: string;
  cas: number;
  flags: number;
  /** In seconds; 0: unlimited. A second is over at once, and longer lifetimes never. */
  lifetimeS: number;
  /** The value, if it is not a text. */
  bytes?: Buffer;
}

/** The fate of a command: carried out and answered, carried out only, or neither. */
export type Fate = "answered" | "answer lost" | "request lost";

/** A memcached server in memory whose connections can be observed, cut and made to fail. */
export class MemoryServer implements MemcacheClient {
  readonly where = "memory";
  readonly items = new Map<string, Item>();
  readonly sent: { readonly command: CommandName; readonly keys: readonly string[] }[] = [];
  connections = 0;
  stats: Record<string, string> = {};
  /** Decides the fate of each command. Default: all are answered. */
  fate: (command: CommandName, keys: readonly string[]) => Fate = () => "answered";
  /** Called before a command is carried out, to let another node be faster. */
  before: (command: CommandName, keys: readonly string[]) => void | Promise<void> = () => undefined;
  #nextCas = 1;
  readonly #cut = new Set<(cause: unknown) => void>();

  /** Loses all items, as in a flush. */
  flush(): void {
    this.items.clear();
  }

  /** Loses all items, ends all connections, and counts `cas` numbers from 1 again. */
  restart(): void {
    this.items.clear();
    this.#nextCas = 1;
    for (const cut of [...this.#cut]) cut(new Error("the connection was closed by the server"));
  }

  keysLike(pattern: RegExp): string[] {
    return [...this.items.keys()].filter((key) => pattern.test(key));
  }

  /** Stores a value unconditionally, as another client would: of any type and with any flags. */
  put(key: string, value: string | Buffer, flags = 0): void {
    const bytes = typeof value === "string" ? {} : { bytes: value };
    this.items.set(key, { text: value.toString(), flags, cas: this.#nextCas++, lifetimeS: 0, ...bytes });
  }

  connect(onLost: (cause: unknown) => void): MemcacheConnection {
    this.connections += 1;
    this.#cut.add(onLost);
    let isDestroyed = false;
    const run = async <T>(command: CommandName, keys: readonly string[], carryOut: () => T): Promise<T> => {
      if (isDestroyed) throw new Error("a command was sent over a connection that was destroyed");
      this.sent.push({ command, keys });
      await this.before(command, keys);
      const fate = this.fate(command, keys);
      if (fate === "request lost") return new Promise(() => undefined);
      const answer = carryOut();
      return fate === "answered" ? answer : new Promise(() => undefined);
    };
    return {
      ready: Promise.resolve(),
      gets: (key) => run("gets", [key], () => this.#read(key)),
      getMany: (keys) => run("getMany", keys, () => new Map(keys.flatMap((key) => this.#pair(key)))),
      add: (key, text) => run("add", [key], () => !this.items.has(key) && this.#store(key, text)),
      set: (key, text, lifetimeS) => run("set", [key], () => this.#store(key, text, lifetimeS)),
      touch: (key, lifetimeS) => run("touch", [key], () => this.#touch(key, lifetimeS)),
      cas: (key, text, lifetimeS, cas) =>
        run("cas", [key], () => String(this.items.get(key)?.cas) === cas && this.#store(key, text, lifetimeS)),
      delete: (key) => run("delete", [key], () => void this.items.delete(key)),
      stats: () => run("stats", [], () => new Map(Object.entries(this.stats))),
      destroy: () => {
        isDestroyed = true;
        this.#cut.delete(onLost);
      },
    };
  }

  #read(key: string): (MemcacheValue & CasNumber) | null {
    const item = this.items.get(key);
    return item ? { bytes: item.bytes ?? Buffer.from(item.text), flags: item.flags, cas: String(item.cas) } : null;
  }

  #touch(key: string, lifetimeS: number): boolean {
    const item = this.items.get(key);
    if (item) item.lifetimeS = lifetimeS;
    return item !== undefined;
  }

  #pair(key: string): [string, MemcacheValue][] {
    const item = this.#read(key);
    return item ? [[key, item]] : [];
  }

  #store(key: string, text: string, lifetimeS = 0): boolean {
    if (/[\r\n]/.test(text)) throw new Error("a text must be one line");
    if (!/^[\w:.-]{1,250}$/.test(key)) throw new Error(`${key} is not a valid key in every client`);
    if (Buffer.byteLength(text) > 1_048_000) throw new Error("object too large for cache");
    this.put(key, text);
    if (lifetimeS === 1) this.items.delete(key);
    return true;
  }
}
