import type { Clock } from "@beatx/core";
import type { StoreCapabilities } from "@beatx/core/adapter";
import type { MachineClock } from "./machine-clock.js";

export interface LmdbStoreOptions {
  /** The folder of the data, on a disk of this machine. Relative to the working directory; created if it is missing. */
  readonly folder: string;
  /** Separates the schedules that share one folder. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of a write, in ms; after it the call rejects with `StoreError`. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Wall time, for fences, revisions and early moves. Default: the machine's. */
  readonly clock?: Clock;
  /** Measures leases. All processes must use the same one. Default: the machine's. */
  readonly machineClock?: MachineClock;
}

export const CAPABILITIES: StoreCapabilities = {
  durable: true,
  fencedWrites: true,
  outbox: false,
  lockResolutionMs: 1,
  maxValueBytes: 1_048_576,
};
