import { memcacheStore } from "@beatx/shared-memcache";
import type { CursorMove, Message, Store, StoreCapabilities } from "@beatx/core/adapter";

import type { Judge } from "../judge/judge.js";
import type { Circumstances } from "../judge/judge-base.js";
import { Broker } from "../queues/broker.js";
import { memcacheClient, MemcachedServer } from "../stores/memcached-server.js";
import { movesIn } from "../stores/memcached-cursors.js";
import { simulatedStore } from "../stores/simulated-store.js";
import { type Snapshot, StoreData } from "../stores/store-data.js";
import type { Link } from "../world/link.js";
import { Server } from "../world/server.js";
import type { World } from "../world/world.js";

const CAPABILITIES: Readonly<Record<Exclude<World["store"], "memcached">, StoreCapabilities>> = {
  "one step": {
    ...{ durable: true, fencedWrites: true, outbox: true, lockResolutionMs: 1, maxValueBytes: 1_000_000 },
    revisionShowsOlderState: true,
  },
  local: { durable: true, fencedWrites: true, outbox: false, lockResolutionMs: 1, maxValueBytes: 1_000_000 },
  rows: { durable: true, fencedWrites: false, outbox: false, lockResolutionMs: 1, maxValueBytes: 1_000_000 },
};

/** What a store's server holds at one moment. */
export interface BackendState {
  readonly data: Snapshot;
  readonly queue: ReturnType<Judge["queue"]["snapshot"]>;
  /** Ms since the beginning. */
  readonly at: number;
}

/** The servers of a cluster: the store's, the broker's, and what they keep. */
export class Backend {
  readonly storeServer: Server;
  readonly queueServer: Server;
  readonly broker: Broker;
  /** Messages on their way into a store's step. */
  readonly inStep: Map<string, Message> = new Map();
  readonly #circumstances: Circumstances;
  readonly #judge: Judge;
  readonly #data: StoreData;
  readonly #memcached: MemcachedServer;
  readonly #watchers = new Set<() => void>();

  constructor(circumstances: Circumstances, judge: Judge) {
    const { world, timeline, storeMachine } = circumstances;
    this.#circumstances = circumstances;
    this.#judge = judge;
    this.storeServer = new Server("store", timeline);
    // In class T the queue lies in the store: one server.
    this.queueServer = world.queue === "in the store" ? this.storeServer : new Server("queue", timeline);
    this.broker = new Broker(storeMachine, judge.onArrival);
    const isRows = world.store === "rows";
    const kind = { fencedWrites: !isRows, locksByWallClock: world.store === "one step", hasClock: !isRows };
    this.#data = new StoreData(storeMachine, kind, judge);
    this.#memcached = new MemcachedServer(storeMachine, (key, before, text) => {
      for (const { name, from, to, fence } of movesIn(key, before, text))
        judge.onMove({ name, from, to }, { token: "", fence });
    });
  }

  /** The store of one process. */
  openStore(link: Link): Store {
    const { world } = this.#circumstances;
    if (world.store === "memcached") {
      const client = memcacheClient(link, this.#memcached);
      return memcacheStore({
        client,
        name: "memcached",
        clock: link.process,
        commandTimeoutMs: world.commandTimeoutMs,
      });
    }
    const outbox = {
      holdsMark: (mark: Parameters<Broker["holdsMark"]>[0]) => this.broker.holdsMark(mark),
      push: (move: CursorMove) => this.#push(move),
    };
    return simulatedStore({
      link,
      data: this.#data,
      capabilities: CAPABILITIES[world.store],
      outbox: world.queue === "in the store" ? outbox : null,
      isClockless: world.store === "rows",
      watchers: this.#watchers,
    });
  }

  /** All data are lost at once, while the server runs. */
  wipe(): void {
    this.#noteLoss("the store is wiped");
    if (this.#isMemcached) this.#memcached.flush();
    else this.#data.wipe();
    this.#judge.stored.replaceAll([], this.#circumstances.nowMs);
    if (this.#isQueueInStore) this.#judge.queue.restore();
  }

  /** The state of this moment, to which `restart` can go back. */
  snapshot(): BackendState {
    return { data: this.#data.snapshot(), queue: this.#judge.queue.snapshot(), at: this.#circumstances.nowMs };
  }

  /** The server is away for a while, and comes back with all its data, or with an older state. */
  restart(downMs: number, from?: BackendState): void {
    this.storeServer.goDown(downMs);
    this.#watchers.clear();
    if (this.#isMemcached) {
      this.#noteLoss("memcached restarts, empty");
      this.#memcached.restart();
      return;
    }
    if (from) this.#noteLoss(`the store goes back to its state of ${(from.at / 1000).toFixed(3)} s`);
    this.#data.restart(from?.data);
    this.#judge.stored.replaceAll(this.#data.all(), this.#circumstances.nowMs);
    if (from && this.#isQueueInStore) this.#judge.queue.restore(from.queue);
  }

  /** memcached drops one item, to make room. `share`: which of them, from 0 to below 1. Answers its key. */
  evict(share: number): string | undefined {
    const { keys } = this.#memcached;
    const key = keys[Math.floor(share * keys.length)];
    if (key === undefined) return undefined;
    this.#noteLoss(`memcached drops ${key}`);
    this.#memcached.evict(key);
    return key;
  }

  get #isMemcached(): boolean {
    return this.#circumstances.world.store === "memcached";
  }

  get #isQueueInStore(): boolean {
    return this.#circumstances.world.queue === "in the store";
  }

  #noteLoss(line: string): void {
    this.#circumstances.lostAt = this.#circumstances.nowMs;
    this.#circumstances.tell(() => line);
  }

  #push({ outbox = [] }: CursorMove): string | undefined {
    if (this.broker.isRefusing) return "the queue is not a list";
    for (const { value } of outbox) {
      this.broker.push(this.inStep.get(value)!, true);
    }
    return undefined;
  }
}
