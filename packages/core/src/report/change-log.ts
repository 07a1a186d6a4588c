import type { Clock } from "../base/clock.js";
import type { Logger } from "./logger.js";

/** Changes of the schedule are logged at most this often. */
const EVERY_MS = 3_000;

/** At most one line every few seconds, because a leader that merges many entries gives a hint with each batch. */
export class ChangeLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** Counts of changed entries that are not logged yet, and when they may be, monotonic ms. */
  #changes = { added: 0, updated: 0, removed: 0 };
  #logAt = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  note(added: number, updated: number, removed: number): void {
    this.#changes.added += added;
    this.#changes.updated += updated;
    this.#changes.removed += removed;
    this.flush();
  }

  /** Logs the changes since the last line, unless that was just now. */
  flush(): void {
    const { added, updated, removed } = this.#changes;
    const now = this.#clock.monotonicMs();
    if (added + updated + removed === 0 || now < this.#logAt) return;
    this.#logger.info({ added, updated, removed }, "the schedule has changed");
    this.#changes = { added: 0, updated: 0, removed: 0 };
    this.#logAt = now + EVERY_MS;
  }
}
