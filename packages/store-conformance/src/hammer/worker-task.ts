import type { Pace, StoreEntryPoint } from "./options.js";

/** The first message to a worker: what it is to do. */
export type WorkerTask = ProbeTask | CompeteTask;

/** Open the store, say what it is like, and end. */
export interface ProbeTask {
  readonly kind: "probe";
  readonly store: StoreEntryPoint;
  readonly namespace: string;
}

/** Compete for the lease until told to finish. */
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

/** What a worker answers when it has opened the store. */
export interface WorkerReady {
  readonly storeName: string;
  readonly lockResolutionMs: number;
}
