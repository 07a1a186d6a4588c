import type { Footprint } from "../node/messages.js";
import type { Limit } from "./flatness.js";

/** What is measured on the server: bytes in use, keys, records within them, names of what was removed, and connections. */
export interface ServerFootprint {
  readonly memory: number;
  readonly keys: number;
  readonly records: number;
  readonly removals: number;
  readonly connections: number;
}

/**
 * For all nodes together, because what a node holds depends on whether it leads. A leak of 100 bytes for each message, of
 * 5 kB for each edit, or of one handle for each term rises faster.
 */
export const NODE_LIMITS: Readonly<Record<keyof Footprint, Limit>> = {
  heap: { unit: "MiB", perHour: 6, once: 0.5 },
  code: { unit: "MiB", perHour: 40 },
  external: { unit: "MiB", perHour: 2 },
  resident: { unit: "MiB", perHour: 60 },
  resources: { unit: "count", perHour: 30 },
  listeners: { unit: "count", perHour: 12 },
  sockets: { unit: "count", perHour: 12 },
  descriptors: { unit: "count", perHour: 12 },
};

export const SERVER_LIMITS: Readonly<Record<keyof ServerFootprint, Limit>> = {
  memory: { unit: "MiB", perHour: 2 },
  keys: { unit: "count", perHour: 12 },
  // A sunrise may be the first occurrence of its entry; its cursor is a record.
  records: { unit: "count", perHour: 60, once: 3 },
  // Redis keeps the names of the last 10 000 removals, and each of the 540 requested runs an hour is one.
  removals: { unit: "count", perHour: 800 },
  connections: { unit: "count", perHour: 12 },
};
