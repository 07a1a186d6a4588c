import type { BatchFault } from "../queues/simulated-publisher.js";
import type { PendingFault } from "../world/link.js";
import type { Standstill } from "../world/machine.js";

/** What happens to a cluster from outside at one moment: data, so that a run can be repeated and shortened. */
export type Step = { /** Ms since the beginning. */ readonly at: number } & Event;

export type Event =
  | { readonly kind: "crash" | "stop" | "start"; readonly node: number }
  /** A process with another configuration takes the place of the one that runs (a rolling deployment). */
  | { readonly kind: "deploy"; readonly node: number; readonly configuration: number }
  | { readonly kind: "stand still"; readonly node: number; readonly forMs: number; readonly how: Standstill }
  /** A command of a client on the store meets a fault: the one after `passes` others. */
  | { readonly kind: "client command"; readonly passes: number; readonly fault: PendingFault }
  /** The next command of a node meets a fault. */
  | { readonly kind: "command"; readonly node: number; readonly peer: Peer; readonly fault: PendingFault }
  | { readonly kind: "cut"; readonly node: number; readonly peer: Peer; readonly forMs: number }
  | { readonly kind: "slow"; readonly node: number; readonly peer: Peer; readonly forMs: number; readonly byMs: number }
  | { readonly kind: "stuck" | "down"; readonly peer: Peer; readonly forMs: number }
  /** The store comes back with its state of `lostMs` ago: an old snapshot, or a replica that lagged. */
  | { readonly kind: "roll back"; readonly downMs: number; readonly lostMs: number }
  | { readonly kind: "wipe" }
  | { readonly kind: "evict"; readonly share: number }
  /** `node: null`: the clock of the store's server. */
  | { readonly kind: "set clock"; readonly node: number | null; readonly byMs: number }
  | { readonly kind: "refuse"; readonly forMs: number }
  | { readonly kind: "batch"; readonly node: number; readonly fault: BatchFault }
  | { readonly kind: "edit"; readonly edit: Edit }
  /** No fault is at work from `sinceMs` to `at`: the cluster is judged (I2, I4). */
  | { readonly kind: "check"; readonly sinceMs: number };

export type Peer = "store" | "queue";

/** Steps that are no faults: what users do, and what the simulation itself does. */
export function isFault({ kind }: Step): boolean {
  return kind !== "edit" && kind !== "check" && kind !== "start";
}

/** What a client does. */
export type EditKind = "put" | "pause" | "resume" | "remove" | "run" | "backfill" | "reset" | "once";

export interface Edit {
  readonly kind: EditKind;
  readonly name: string;
  /** Of the rule that `put` writes, in ms; how far ahead the moment of `once` lies. */
  readonly periodMs: number;
  readonly missed: "all" | "latest" | "skip";
}
