import type { MemcacheClient, MemcacheConnection, MemcacheValue } from "@beatx/shared-memcache";

import type { Link } from "../world/link.js";
import type { Machine } from "../world/machine.js";

interface Item {
  readonly bytes: Buffer;
  readonly cas: number;
  /** By the server's monotonic clock; `Infinity`: none. */
  readonly expiresAt: number;
}

/** The items of a memcached: each changes alone, and each may be gone at any time. */
export class MemcachedServer {
  readonly machine: Machine;
  readonly #onWrite: (key: string, before: string | null, text: string) => void;
  readonly #items = new Map<string, Item>();
  #lastCas = 0;

  /** `onWrite`: sees each item that is written, and the text that it replaces. */
  constructor(machine: Machine, onWrite: (key: string, before: string | null, text: string) => void) {
    this.machine = machine;
    this.#onWrite = onWrite;
  }

  get keys(): string[] {
    return [...this.#items.keys()];
  }

  /** Ends the process: all items are gone, and the numbers begin anew. */
  restart(): void {
    this.#items.clear();
    this.#lastCas = 0;
  }

  flush(): void {
    this.#items.clear();
  }

  evict(key: string): void {
    this.#items.delete(key);
  }

  get(key: string): (MemcacheValue & { readonly cas: string }) | null {
    const item = this.#items.get(key);
    if (!item || this.machine.monotonicMs() >= item.expiresAt) return null;
    return { bytes: item.bytes, flags: 0, cas: String(item.cas) };
  }

  add(key: string, text: string, lifetimeS: number): boolean {
    if (this.get(key)) return false;
    this.#set(key, text, lifetimeS);
    return true;
  }

  cas(key: string, text: string, lifetimeS: number, cas: string): boolean {
    if (this.get(key)?.cas !== cas) return false;
    this.#set(key, text, lifetimeS);
    return true;
  }

  set(key: string, text: string, lifetimeS: number): boolean {
    this.#set(key, text, lifetimeS);
    return true;
  }

  touch(key: string, lifetimeS: number): boolean {
    const item = this.get(key) && this.#items.get(key);
    if (item) this.#items.set(key, { ...item, expiresAt: this.#expiryAfter(lifetimeS) });
    return !!item;
  }

  stats(): ReadonlyMap<string, string> {
    return new Map([
      ["evictions", "0"],
      ["time", String(Math.floor(this.machine.now() / 1000))],
    ]);
  }

  #set(key: string, text: string, lifetimeS: number): void {
    const expiresAt = this.#expiryAfter(lifetimeS);
    this.#onWrite(key, this.#items.get(key)?.bytes.toString() ?? null, text);
    this.#items.set(key, { bytes: Buffer.from(text), cas: ++this.#lastCas, expiresAt });
  }

  #expiryAfter(lifetimeS: number): number {
    return lifetimeS === 0 ? Infinity : this.machine.monotonicMs() + lifetimeS * 1000;
  }
}

/** What `memcacheStore` needs of a client library, over a link to the server. */
export function memcacheClient(link: Link, server: MemcachedServer): MemcacheClient {
  return { where: "simulated memcached", connect: (onLost) => connect(link, server, onLost) };
}

/** A connection ends with the server's process, so all its commands reach the same one. */
function connect(link: Link, server: MemcachedServer, onLost: (cause: unknown) => void): MemcacheConnection {
  const life = link.server.life;
  let isDestroyed = false;
  const send = async <T>(command: string, work: () => T): Promise<T> => {
    if (isDestroyed) throw new Error("the connection was destroyed");
    try {
      return await link.call(command, () => {
        if (link.server.life !== life) throw new Error("the connection broke");
        return work();
      });
    } catch (cause) {
      onLost(cause);
      throw cause;
    }
  };
  return {
    ready: send("connect", () => undefined),
    gets: (key) => send("gets", () => server.get(key)),
    getMany: (keys) =>
      send("getMany", () => {
        const found = keys.map((key) => [key, server.get(key)] as const);
        return new Map(found.filter((pair): pair is readonly [string, NonNullable<(typeof pair)[1]>] => !!pair[1]));
      }),
    add: (key, text, lifetimeS) => send("add", () => server.add(key, text, lifetimeS)),
    cas: (key, text, lifetimeS, cas) => send("cas", () => server.cas(key, text, lifetimeS, cas)),
    set: (key, text, lifetimeS) => send("set", () => server.set(key, text, lifetimeS)),
    touch: (key, lifetimeS) => send("touch", () => server.touch(key, lifetimeS)),
    delete: (key) => send("delete", () => server.evict(key)),
    stats: () => send("stats", () => server.stats()),
    destroy: () => void (isDestroyed = true),
  };
}
