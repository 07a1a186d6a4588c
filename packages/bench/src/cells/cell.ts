/** The servers that cells use. */
export type ServerName = "redis" | "memcached" | "rabbitmq";

/** A running server. */
export interface Place {
  readonly port: number;
  readonly pid: number;
}

/** What a cell is told. Each cell reads what it needs. */
export interface CellOptions {
  /** The servers of this piece of work, shared by its cells, one cell at a time. */
  readonly servers: Readonly<Partial<Record<ServerName, Place>>>;
  /** Messages of a burst, or entries that are due at each instant. */
  readonly count: number;
  /** Entries in the schedule. */
  readonly entries: number;
  /** How many bursts are measured: the first one is told apart from the later ones. */
  readonly bursts: number;
  /** Time between two bursts of a schedule. It must be longer than a burst takes. */
  readonly everyMs: number;
  /** Length of a measured window. */
  readonly seconds: number;
  readonly ttlMs: number;
  readonly store: "redis" | "memcached" | "lmdb";
  readonly queue: "celery-redis" | "rabbitmq" | "bullmq";
  /** The other scheduler that the cell runs. */
  readonly peer: string;
}

/** What a cell does if it is told nothing else. */
export const DEFAULTS: CellOptions = {
  servers: {},
  count: 1_000,
  entries: 1_000,
  bursts: 3,
  everyMs: 1_000,
  seconds: 3,
  ttlMs: 15_000,
  store: "redis",
  queue: "celery-redis",
  peer: "",
};

/** What a cell measured. */
export interface CellResult {
  /** By name; times end in `Ms` or `Us`. A figure that the system does not give is missing. */
  readonly values: Readonly<Record<string, number>>;
  /** Calls of each command that the Redis server counted, per message or in all, as the work says. */
  readonly commands?: Readonly<Record<string, number>>;
  /** Warnings and errors, for whoever reads the run. */
  readonly said?: readonly string[];
}

/** One thing that is measured. It runs in a process of its own. */
export type Cell = (options: CellOptions) => Promise<CellResult>;

/** The port of a server that the cell needs. @throws Error if the work did not start it */
export function portOf(options: CellOptions, name: ServerName): number {
  const place = options.servers[name];
  if (place) return place.port;
  throw new Error(`this cell needs ${name}: name it in "servers" of its work`);
}
