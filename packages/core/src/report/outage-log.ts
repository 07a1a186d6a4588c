import type { Clock } from "../base/clock.js";
import { withoutNumbers } from "../base/describe.js";
import { textOf } from "./entry-log.js";
import type { Logger } from "./logger.js";

/** A server that a node depends on. */
export type Peer = "store" | "publisher" | "dead letter";

interface Outage {
  readonly sinceMs: number;
  loggedMs: number;
  /** The reasons that were logged, without their numbers. */
  readonly reasons: Set<string>;
}

/** An outage that lasts is logged again after this time. */
const REMIND_MS = 60_000;
/** A publisher's new reason is logged this long after the last line: while a connection breaks, there are several. */
const NEW_REASON_MS = 5_000;
/** Reasons logged per outage, beside the reminders. Those of a store differ only in the command that failed. */
const MAX_REASONS: Readonly<Record<Peer, number>> = { publisher: 5, "dead letter": 5, store: 1 };

/** Logs when a server fails, why, and when it works again. A failure that repeats is logged once a minute. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #outages = new Map<Peer, Outage>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  failed(peer: Peer, error: unknown): void {
    const now = this.#clock.monotonicMs();
    const text = textOf(error);
    const known = this.#outages.get(peer);
    const reason = withoutNumbers(text);
    const isNew = known && known.reasons.size < MAX_REASONS[peer] && !known.reasons.has(reason);
    if (known && now - known.loggedMs < (isNew ? NEW_REASON_MS : REMIND_MS)) return;
    const outage = known ?? { sinceMs: now, loggedMs: now, reasons: new Set() };
    this.#outages.set(peer, outage);
    outage.loggedMs = now;
    outage.reasons.add(reason);
    const still = known ? `still, after ${seconds(now - outage.sinceMs)} s: ` : "";
    this.#logger.error({ peer }, `${peer}: ${still}${text}`);
  }

  works(peer: Peer): void {
    const known = this.#outages.get(peer);
    if (!known) return;
    this.#outages.delete(peer);
    const outMs = Math.round(this.#clock.monotonicMs() - known.sinceMs);
    this.#logger.info({ peer, outMs }, `${peer}: works again after ${seconds(outMs)} s`);
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
