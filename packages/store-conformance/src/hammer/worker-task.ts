import type { Pace, StoreEntryPoint } from "./options.js";

/** The first message to a worker. */
export type WorkerTask = ProbeTask | CompeteTask;

/** Open the store, answer `WorkerReady` and end. */
export interface ProbeTask {
  readonly kind: "probe";
  readonly store: StoreEntryPoint;
  readonly namespace: string;
}

/** Compete for the lease until the order to finish. */
export interface CompeteTask {
  readonly kind: "compete";
  readonly store: StoreEntryPoint;
  readonly namespace: string;
  readonly pace: Pace;
  readonly worker: string;
  readonly journal: string;
  readonly seed: number;
}

/** The second message: release the lease, close the store and end. */
export type WorkerOrder = "finish";

/** A worker's answer when it has opened the store. */
export interface WorkerReady {
  readonly storeName: string;
  readonly lockResolutionMs: number;
}
