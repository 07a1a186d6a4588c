/** Watches, for one term, for entries that wait because the clock was ahead for a while (R17). */

import type { Clock } from "../base/clock.js";
import { inSlices } from "../base/slices.js";
import type { Logger } from "../report/logger.js";
import { CLOCK_TOLERANCE_MS, describeAhead, type EntriesAhead, findAhead } from "../timetable/clock-ahead.js";
import type { Timetable } from "../timetable/timetable.js";

/** How often the leader looks at all entries, in ms; it looks at once when cluster time steps back. */
const LOOK_EVERY_MS = 10_000;

export class ClockAheadWatch {
  readonly #timetable: Timetable;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The most that cluster time was ahead of the monotonic clock since it last stepped back, in ms. */
  #leadMs = -Infinity;
  /** Monotonic ms. */
  #lookAt = -Infinity;
  /** Up to when the reported entries wait, epoch ms; `null`: none were reported. */
  #reportedUntil: number | null = null;

  constructor(timetable: Timetable, clock: Clock, logger: Logger) {
    this.#timetable = timetable;
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Called by each tick. Looks at the entries if cluster time (`now`, epoch ms) has stepped back, or if it is time to.
   */
  async check(now: number): Promise<void> {
    const monotonicMs = this.#clock.monotonicMs();
    const leadMs = now - monotonicMs;
    const hasSteppedBack = this.#leadMs - leadMs > CLOCK_TOLERANCE_MS;
    this.#leadMs = hasSteppedBack ? leadMs : Math.max(this.#leadMs, leadMs);
    if (!hasSteppedBack && monotonicMs < this.#lookAt) return;
    this.#lookAt = monotonicMs + LOOK_EVERY_MS;
    this.#report(await this.#find(now), now);
  }

  /** Looks at all entries only if one of them may be ahead. */
  async #find(now: number): Promise<EntriesAhead> {
    const timetable = this.#timetable;
    if (timetable.queue.latestSettled <= now + CLOCK_TOLERANCE_MS) return { names: [], until: 0 };
    return inSlices(this.#clock, findAhead(timetable.entries.values(), now));
  }

  /** One line when entries begin to wait, or wait for longer than it said; one line when none waits any more. */
  #report(ahead: EntriesAhead, now: number): void {
    if (ahead.names.length === 0) {
      if (this.#reportedUntil !== null) this.#logger.info({}, "no entry is ahead of the clock any more");
      this.#reportedUntil = null;
      return;
    }
    if (this.#reportedUntil !== null && ahead.until <= Math.max(this.#reportedUntil, now)) return;
    this.#reportedUntil = ahead.until;
    const fields = { entries: ahead.names.length, until: ahead.until };
    for (const line of describeAhead(ahead)) this.#logger.warn(fields, line);
  }
}
