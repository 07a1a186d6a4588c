import { Random } from "../base/random.js";

/** What the store can do: the capability sets of the protocol. */
export type StoreSort =
  /** One server that writes lock, cursors, definitions and queue in one step, as Redis does. */
  | "one step"
  /** A store on the machine of all nodes, as LMDB: durable, no network, one clock. */
  | "local"
  /** It compares only the row that it writes, and has no clock. */
  | "rows"
  /** The real store on memcached: several items, each of which may vanish. */
  | "memcached";

/** What a queue promises: see the classes in section 2 of docs/PROTOCOL.md. */
export type QueuePromise =
  /** T: the store writes it. */
  | "in the store"
  /** D: it compares instants. */
  | "comparing"
  /** P: it takes everything. */
  | "plain";

/** Everything about a cluster but its faults. */
export interface World {
  readonly store: StoreSort;
  readonly queue: QueuePromise;
  readonly delivery: "at-least-once" | "at-most-once";
  readonly nodes: number;
  readonly lockTtlMs: number;
  readonly standbyPollMs: number;
  readonly commandTimeoutMs: number;
  readonly publishTimeoutMs: number;
  /** Of each node. */
  readonly skewsMs: readonly number[];
  readonly rates: readonly number[];
  /** The periods of the configuration's entries, in ms, by version of the configuration. */
  readonly configurations: readonly (readonly number[])[];
  /** Nodes name the version of their configuration (R30). */
  readonly hasVersions: boolean;
  /** The names of the applications that share the schedule; its nodes belong to each in turn. Empty: one without a name. */
  readonly apps: readonly string[];
}

/** Fast schedules show what happens within a batch, slow ones let more hours pass. */
const PERIODS_MS = {
  fast: [1_000, 2_000, 5_000, 7_000, 10_000, 20_000, 30_000, 60_000],
  slow: [10_000, 15_000, 30_000, 60_000, 120_000, 300_000],
} as const;

/** The world of a seed. Fields of `given` are not drawn. */
export function drawWorld(seed: number, given: Partial<World> = {}): World {
  const random = new Random(seed ^ 0x5bd1e995);
  const store = given.store ?? random.weighted({ "one step": 4, local: 1.5, rows: 1.5, memcached: 3 });
  const queue = given.queue ?? drawQueue(store, random);
  const nodes = given.nodes ?? (store === "local" ? 2 : random.pick([2, 3, 3, 4]));
  const lockTtlMs = random.pick([3_000, 6_000, 15_000]);
  const sizes = Array.from({ length: 3 }, () => 2 + random.below(4));
  const periods = PERIODS_MS[random.weighted({ fast: 0.4, slow: 0.6 })];
  return {
    store,
    queue,
    delivery: queue === "plain" && random.isBelow(0.4) ? "at-most-once" : "at-least-once",
    nodes,
    lockTtlMs,
    standbyPollMs: random.pick([1_000, 3_000]),
    commandTimeoutMs: lockTtlMs === 3_000 ? 600 : 1_500,
    publishTimeoutMs: lockTtlMs === 3_000 ? 1_000 : 2_500,
    skewsMs: Array.from({ length: nodes }, () => Math.round(random.between(-2_000, 2_000))),
    rates: Array.from({ length: nodes }, () => 1 + random.between(-5e-4, 5e-4)),
    configurations: sizes.map((size) => Array.from({ length: size }, () => random.pick(periods))),
    hasVersions: random.isBelow(0.7),
    apps: random.isBelow(0.35) ? ["a", "b"] : [],
    ...given,
  };
}

function drawQueue(store: StoreSort, random: Random): QueuePromise {
  if (store === "one step") return random.weighted({ "in the store": 5, comparing: 2, plain: 3 });
  return random.weighted({ "in the store": 0, comparing: 1, plain: 1 });
}
