/** What the leader's report says of its rate cap: what it holds back, and whether it can ever be enough (R53). */

import type { Clock } from "../base/clock.js";
import { inSlices } from "../base/slices.js";
import type { RateCap } from "../dispatch/rate-cap.js";
import type { RateCapReport } from "../entry/leader-report.js";
import { occurrencesPerSecond } from "../timetable/pace.js";
import type { Timetable } from "../timetable/timetable.js";

/** Entries that wait are counted up to this number. */
const COUNTED = 10_000;
/** A cap that has held entries back for this long is compared with what the schedule needs, and again after a while. */
const COMPARE_AFTER_MS = 60_000;
const COMPARE_EVERY_MS = 600_000;

/** Made once per term. */
export class CapWatch {
  readonly #maxPerSecond: number | null;
  readonly #cap: Pick<RateCap, "holdsSince">;
  readonly #timetable: Pick<Timetable, "entries" | "queue">;
  readonly #clock: Clock;
  #needed: number | null = null;
  /** Monotonic ms. */
  #neededKnownUntil = -Infinity;

  constructor(
    maxPerSecond: number | null,
    cap: Pick<RateCap, "holdsSince">,
    timetable: Pick<Timetable, "entries" | "queue">,
    clock: Clock,
  ) {
    this.#maxPerSecond = maxPerSecond;
    this.#cap = cap;
    this.#timetable = timetable;
    this.#clock = clock;
  }

  /** `null`: nothing waits for the cap. `now`: cluster time, epoch ms. */
  async report(now: number): Promise<RateCapReport | null> {
    const since = this.#cap.holdsSince;
    if (this.#maxPerSecond === null || since === null) return null;
    const waiting = this.#timetable.queue.countDue(now, COUNTED);
    if (now - since >= COMPARE_AFTER_MS) await this.#compare();
    return { maxPerSecond: this.#maxPerSecond, waiting, atLeast: waiting === COUNTED, since, needed: this.#needed };
  }

  /** Looks at all entries, so not often. */
  async #compare(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#neededKnownUntil) return;
    const needed = await inSlices(this.#clock, occurrencesPerSecond(this.#timetable.entries.values()));
    this.#needed = Number(needed.toPrecision(2));
    this.#neededKnownUntil = this.#clock.monotonicMs() + COMPARE_EVERY_MS;
  }
}
