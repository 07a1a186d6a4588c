import { Redis } from "ioredis";
import type { Arrival, Stall } from "../checker/record.js";
import { type Collector, type Content, SLOW_LOOK_MS } from "./collector.js";

const LOOK_EVERY_MS = 25;

export type ListConnection =
  | { readonly host: string; readonly port: number; readonly db: number }
  | { readonly sentinels: { host: string; port: number }[]; readonly name: string; readonly db: number };

/** A list in Redis to whose head messages are pushed and from which nobody takes. */
export interface WatchedList {
  readonly connection: ListConnection;
  readonly key: string;
  /** Reads an element; `null`: its message is gone. */
  read(redis: Redis, element: string): Promise<Content | null> | Content;
}

/**
 * Watches a list. It remembers the list from its tail on, which only a loss of data changes: then what stands where it knew
 * other elements counts as new.
 */
export function collectList(list: WatchedList): Collector {
  const redis = new Redis({
    ...list.connection,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2_000,
    retryStrategy: () => 50,
  });
  redis.on("error", () => undefined);
  const arrivals: Arrival[] = [];
  const stalls: Stall[] = [];
  let known: readonly string[] = [];
  let isOpen = true;
  const look = async (): Promise<void> => {
    const news = await newElements(redis, list.key, known);
    const arrivedAt = Date.now();
    const contents: (Content | null)[] = [];
    for (const element of news.added) contents.push(await list.read(redis, element));
    // Only now: a reading that failed on the way is made again.
    known = news.known;
    arrivals.push(...contents.flatMap((content) => (content ? [{ ...content, arrivedAt }] : [])));
  };
  const loop = async (): Promise<void> => {
    while (isOpen) {
      const from = Date.now();
      const worked = await look().then(
        () => true,
        () => false,
      );
      if (worked && Date.now() - from > SLOW_LOOK_MS) stalls.push({ of: "collector", from, to: Date.now() });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const ended = loop();
  return {
    arrivals,
    stalls,
    async stop() {
      isOpen = false;
      await ended;
      redis.disconnect();
    },
  };
}

interface News {
  /** The whole list, from the tail. */
  readonly known: readonly string[];
  readonly added: readonly string[];
}

async function newElements(redis: Redis, key: string, known: readonly string[]): Promise<News> {
  const results = await redis
    .multi()
    .lindex(key, -Math.max(known.length, 1))
    .lrange(key, 0, -(known.length + 1))
    .exec();
  const [last, news] = results!.map(([error, value]) => {
    if (error) throw error;
    return value;
  }) as [string | null, string[]];
  if (known.length === 0 || last === known.at(-1)) {
    const added = news.toReversed();
    return { known: added.length === 0 ? known : [...known, ...added], added };
  }
  const all = (await redis.lrange(key, 0, -1)).toReversed();
  const same = all.findIndex((element, index) => element !== known[index]);
  return { known: all, added: same === -1 ? all.slice(known.length) : all.slice(same) };
}
