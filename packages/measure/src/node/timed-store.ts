import type { Store, StoreProvider } from "@beatx/core/adapter";
import { storeProvider as lmdb } from "@beatx/store-lmdb";
import { storeProvider as memcached } from "@beatx/store-memcached";
import { storeProvider as redis } from "@beatx/store-redis";
import { machineNow } from "./machine-time.js";

/** For how long the durations of commands are remembered, in ms. */
const MEMORY_MS = 120_000;

/** Remembers how long the commands of a store took, answered or given up: the `L` of the protocol. */
export class CommandTimes {
  #ended: { readonly at: number; readonly ms: number }[] = [];

  note(startedAt: number, at: number): void {
    this.#ended = this.#ended.filter((each) => each.at > at - MEMORY_MS);
    this.#ended.push({ at, ms: at - startedAt });
  }

  /** The longest command that ended since `since` (machine ms), in ms; 0: none did. */
  longestSince(since: number): number {
    return Math.max(0, ...this.#ended.filter(({ at }) => at >= since).map(({ ms }) => ms));
  }
}

/** Providers of the stores, whose commands are timed. */
export function timedStores(times: CommandTimes): StoreProvider[] {
  return [redis, memcached, lmdb].map(({ schemes, open }) => ({
    schemes,
    open: async (uri, options) => timed(await open(uri, options), times),
  }));
}

/** Methods that open or close a connection. */
const NO_COMMANDS: readonly (string | symbol)[] = ["watch", "close"];

function timed(store: Store, times: CommandTimes): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (NO_COMMANDS.includes(name)) return member.bind(target) as unknown;
      return (...args: unknown[]): unknown => {
        const startedAt = machineNow();
        const answer: unknown = Reflect.apply(member, target, args);
        const note = (): void => times.note(startedAt, machineNow());
        if (answer instanceof Promise) void answer.then(note, note);
        return answer;
      };
    },
  });
}
