import type { BeatOptions, EntryInput } from "@beatx/core";

/** What a node process is told to run: options of a beat that JSON can carry. */
export type NodeOptions = Pick<
  BeatOptions,
  "namespace" | "store" | "publisher" | "lockTtlMs" | "standbyPollMs" | "historyRuns" | "schedule"
>;

/** One call of the client of a node process. */
export type Edit =
  | { readonly kind: "put"; readonly name: string; readonly input: EntryInput }
  | { readonly kind: "pause" | "resume" | "remove" | "run"; readonly name: string };

/** What a node process is asked. Each request has one answer. */
export type Request =
  | { readonly kind: "start"; readonly options: NodeOptions; readonly events: readonly string[] }
  /** Stops the beat and starts another one in the same process. */
  | { readonly kind: "replace" }
  | { readonly kind: "edit"; readonly edit: Edit }
  | { readonly kind: "measure" }
  /** What the machine and the store took since `since` (machine ms). */
  | { readonly kind: "delays"; readonly since: number };

/** What the machine and the store took, in ms. */
export interface Delays {
  /** For how long the process did not get to run. */
  readonly stallMs: number;
  /** The longest command of the store, answered or given up. */
  readonly commandMs: number;
}

/** What a node process holds, measured after a forced collection of garbage. */
export interface Footprint {
  /** Bytes of the heap, without compiled code. */
  readonly heap: number;
  /** Bytes of compiled code, of which the engine makes more for as long as it finds something worth it. */
  readonly code: number;
  /** Bytes of buffers outside of the heap. */
  readonly external: number;
  /** Bytes of memory that the system counts for the process. */
  readonly resident: number;
  /** What keeps the event loop alive: sockets, timers, requests. */
  readonly resources: number;
  /** Listeners of the beat, of the process and of every open handle. */
  readonly listeners: number;
  readonly sockets: number;
  /** Open files of every kind, sockets included. */
  readonly descriptors: number;
}

/** One event of a node process: of its beat, or `warning` and `failure` of the process itself. */
export interface NodeEvent {
  readonly event: string;
  /** Machine ms at which it happened, see `machineNow`. */
  readonly at: number;
  readonly [field: string]: unknown;
}

/** What travels to a node process. */
export interface RequestEnvelope {
  readonly id: number;
  readonly request: Request;
}

/** What a node process sends: events, and answers, which carry the id of their request. */
export type Reply =
  | { readonly event: NodeEvent }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
