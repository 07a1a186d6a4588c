import type { Clock } from "../base/clock.js";
import type { Logger } from "./logger.js";

/** The same notice is logged again after this time. */
const AGAIN_MS = 3_600_000;
/** Notices remembered at most. One that was dropped early may be logged again early. */
const MAX_REMEMBERED = 1_000;

/** Logs the damage that a store finds. A notice that repeats is logged once an hour, however many ticks bring it. */
export class NoticeLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** When each notice was last logged, monotonic ms; the oldest first. */
  readonly #loggedMs = new Map<string, number>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  note(lines: readonly string[]): void {
    const now = this.#clock.monotonicMs();
    for (const line of lines) {
      if (now - (this.#loggedMs.get(line) ?? -Infinity) < AGAIN_MS) continue;
      this.#loggedMs.delete(line);
      this.#loggedMs.set(line, now);
      if (this.#loggedMs.size > MAX_REMEMBERED) this.#loggedMs.delete(this.#loggedMs.keys().next().value!);
      this.#logger.warn({}, line);
    }
  }
}
