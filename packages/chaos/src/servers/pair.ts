import type { Fault, Guarantee, Timing } from "../checker/record.js";
import type { Choice, PlannedFault } from "../faults/plan.js";
import type { Collector } from "./collector.js";

/** The ports of the servers, or of the proxies before them. A store without a server has none. */
export interface Ports {
  readonly store: number | undefined;
  readonly queue: number | undefined;
}

/** A store and a queue whose servers run. */
export interface OpenPair {
  readonly ports: Ports;
  /** Store and publisher of a node that reaches the servers through these ports. */
  options(ports: Ports): { readonly store: string; readonly publisher: string };
  readonly collector: Collector;
  /** Does a fault of a server; resolves when it is over. Answers since when data may be lost, if not as usual. */
  harm(fault: PlannedFault): Promise<Pick<Fault, "lostSince"> | undefined>;
  stop(): Promise<void>;
}

/** A store and a queue that nodes run on. */
export interface Pair {
  /** `store/queue` */
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly timing: Pick<Timing, "watchedLock" | "nodeClock" | "sharedFiles">;
  /** Server faults, and connections that can be harmed, beside the faults of nodes. */
  readonly choices: readonly Choice[];
  open(): Promise<OpenPair>;
}
