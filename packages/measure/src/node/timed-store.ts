import type { Store, StoreProvider } from "@beatx/core/adapter";
import { storeProvider as lmdb } from "@beatx/store-lmdb";
import { storeProvider as memcached } from "@beatx/store-memcached";
import { storeProvider as redis } from "@beatx/store-redis";
import { machineNow } from "./machine-time.js";

/** For how long the durations of commands are remembered, in ms. */
const MEMORY_MS = 120_000;

/** Remembers how long the commands of a store took that it answered: the `L` of the protocol. */
export class CommandTimes {
  #answered: { readonly at: number; readonly ms: number }[] = [];

  note(startedAt: number, at: number): void {
    this.#answered = this.#answered.filter((each) => each.at > at - MEMORY_MS);
    this.#answered.push({ at, ms: at - startedAt });
  }

  /** The longest command that was answered since `since` (machine ms), in ms; 0: none was. */
  longestSince(since: number): number {
    return Math.max(0, ...this.#answered.filter(({ at }) => at >= since).map(({ ms }) => ms));
  }
}

/** Providers of the stores, whose commands are timed. */
export function timedStores(times: CommandTimes): StoreProvider[] {
  return [redis, memcached, lmdb].map(({ schemes, open }) => ({
    schemes,
    open: async (uri, options) => timed(await open(uri, options), times),
  }));
}

function timed(store: Store, times: CommandTimes): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        const startedAt = machineNow();
        const answer: unknown = Reflect.apply(member, target, args);
        if (answer instanceof Promise) void answer.then(() => times.note(startedAt, machineNow()), () => undefined); // prettier-ignore
        return answer;
      };
    },
  });
}
