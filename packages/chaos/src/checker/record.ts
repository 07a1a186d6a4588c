/** Everything the checker knows of one run. All moments are epoch ms of the clock of the machine, which no fault moves. */
export interface RunRecord {
  readonly pair: string;
  readonly guarantee: Guarantee;
  readonly timing: Timing;
  /** Instants after `from` and up to `to` are judged. `to` lies before the end of the run by the time that all have to arrive. */
  readonly from: number;
  readonly to: number;
  readonly versions: readonly Version[];
  readonly requests: readonly Request[];
  readonly arrivals: readonly Arrival[];
  readonly faults: readonly Fault[];
  readonly stalls: readonly Stall[];
  readonly lostEdits: readonly LostEdit[];
  readonly crashes: readonly Crash[];
  readonly uncertain: readonly Uncertain[];
}

/** An occurrence that a node reported as uncertain (R25). */
export interface Uncertain {
  readonly entry: string;
  /** Of a requested run, the moment of the request. */
  readonly instant: number;
  readonly id: string;
}

/** The classes of docs/PROTOCOL.md, section 2. */
export type Guarantee = "T" | "D" | "P at-least-once" | "P at-most-once";

/** The settings of the nodes, and what the store's kind changes. */
export interface Timing {
  readonly ttlMs: number;
  readonly standbyPollMs: number;
  /** L is at most this. */
  readonly commandTimeoutMs: number;
  /** The store has no clock, so a lock is watched before it is taken (R35). */
  readonly watchedLock: boolean;
  /** What is due depends on the clock of the node (R4). */
  readonly nodeClock: boolean;
  /** Nodes share files: one that is paused may hold the lock of the others' writes. */
  readonly sharedFiles: boolean;
}

/** A message in the queue. */
export interface Arrival {
  readonly entry: string;
  readonly instant: number;
  readonly id: string;
  readonly fence: number;
  readonly arrivedAt: number;
}

export type MissedPolicy = "all" | "latest" | "skip";

/**
 * What an entry was. It became so between `from` and `certainFrom`, say between a client's command and its answer.
 * `certainFrom` is `null` if nobody knows whether it ever did.
 */
export interface Version {
  readonly entry: string;
  readonly from: number;
  readonly certainFrom: number | null;
  /** Due at whole multiples of this since 1970; `null`: paused, removed or unknown to the store. */
  readonly everyMs: number | null;
  readonly missed: MissedPolicy;
  /** What brought it about, such as "put", "pause" or "restored after redis-wipe". */
  readonly because: string;
}

/** A requested run. `id` is `null` if its client got no answer. */
export interface Request {
  readonly entry: string;
  readonly id: string | null;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/**
 * A time in which a process did not run. One of a node or of the store may cost the lease; one of the collector, or of the
 * queue's server, only delays what arrives.
 */
export interface Stall {
  readonly of: "node" | "store" | "collector";
  readonly from: number;
  readonly to: number;
}

/** An acknowledged edit that the store no longer shows, although nothing was lost. */
export interface LostEdit {
  readonly entry: string;
  readonly seenAt: number;
  readonly expected: string;
  readonly found: string;
}

/** A node that ended although nothing ended it. */
export interface Crash {
  readonly node: number;
  readonly at: number;
  readonly how: string;
}

export type FaultKind =
  | "kill"
  | "kill-all"
  | "stop"
  | "pause"
  | "rolling-restart"
  | "cut"
  | "half-open"
  | "delay"
  | "trickle"
  | "lose-replies"
  | "late-commands"
  | "clock-step"
  | "server-restart"
  | "server-wipe"
  | "server-pause"
  | "server-full"
  | "server-roll-back"
  | "server-evict"
  | "promotion";

/** A fault as it happened. */
export interface Fault {
  readonly kind: FaultKind;
  readonly from: number;
  readonly to: number;
  /** Number of the node, for faults of one node and of its connections. */
  readonly node?: number;
  /** The server it is about, also for a fault of the connections to it. A server that is store and queue is `both`. */
  readonly server?: "store" | "queue" | "both";
  /** Of a clock step: by how much the clock was ahead, in ms; negative: behind. */
  readonly stepMs?: number;
  /** Data written since then may be lost. Default: 1 s before the fault, for the kinds that lose data. */
  readonly lostSince?: number;
}
