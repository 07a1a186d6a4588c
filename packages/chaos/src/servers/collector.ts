import type { Arrival, Stall } from "../checker/record.js";

/** Reads the messages of a queue as they come, without taking them away. */
export interface Collector {
  readonly arrivals: readonly Arrival[];
  /** Looks that took long: the server, or this process, did not run. */
  readonly stalls: readonly Stall[];
  stop(): Promise<void>;
}

/** A look that takes longer than this counts as a stall of the server, in ms. */
export const SLOW_LOOK_MS = 100;

/** A message without the moment of its arrival. */
export type Content = Omit<Arrival, "arrivedAt">;

/** The headers of a Celery message. */
export function contentOfHeaders(headers: Readonly<Record<string, unknown>>): Content {
  return {
    id: String(headers["id"]),
    entry: String(headers["beatx-entry"]),
    instant: Date.parse(String(headers["beatx-scheduled-at"])),
    fence: Number(headers["beatx-fence"]),
  };
}
