import type { Clock } from "../base/clock.js";
import type { Configuration } from "../entry/configuration.js";
import type { DeadLetterChoice } from "../publisher/dead-letter.js";
import type { PublisherChoice } from "../publisher/open-publisher.js";
import type { Logger } from "../report/logger.js";
import type { StoreChoice } from "../store/open-store.js";

/** The options of `createBeat`. */
export interface BeatOptions extends StoreChoice, PublisherChoice, DeadLetterChoice, Configuration {
  /**
   * Used if store and queue cannot guarantee exactly once. After a crash `"at-least-once"` (default) may repeat an
   * occurrence, with the same id, and `"at-most-once"` may lose it.
   */
  readonly delivery?: "at-least-once" | "at-most-once";

  /** Lifetime of the lease: how long the others wait when the leader dies, in ms. The same on all nodes. Default 15 000. */
  readonly lockTtlMs?: number;
  /** The longest sleep of the leader's loop, in ms; less than `lockTtlMs`. Default 5000. */
  readonly maxLoopIntervalMs?: number;
  /** How often a standby asks for the lease, in ms. Default 3000. */
  readonly standbyPollMs?: number;
  /** How long a stopping node waits for running `handlers` before it aborts them, in ms. Default 10 000. */
  readonly stopTimeoutMs?: number;

  /**
   * The last runs of each entry that are kept for `client.history`; 0: none. The same on all nodes. Default 20, at most 100.
   * Of a schedule with more than 10 000 entries fewer are kept: about 200 000 in all, and at least one of each entry.
   */
  readonly historyRuns?: number;

  /**
   * The whole beat sends at most this many messages in any second: a whole number up to 1 000 000, or a number from 0.01 to below
   * 1, such as 0.5 for one in any two seconds. What is due waits its turn, the oldest first; `null` (default): no limit. The same on
   * all nodes: the leader's counts.
   */
  readonly maxPerSecond?: number | null;

  /**
   * An occurrence that could not be sent for this time is given up, in ms: its message goes to `deadLetter`, it is counted, and the
   * next one is due. An entry may have a time of its own. `null` (default): never. The same on all nodes.
   */
  readonly giveUpAfterMs?: number | null;

  /** Default: JSON lines on stderr. */
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Numbers from 0 to below 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
}
