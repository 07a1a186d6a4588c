import type { Clock } from "../base/clock.js";
import type { Logger } from "./logger.js";

/** Long work is logged this often. */
const EVERY_MS = 3_000;

/** Logs every few seconds how far long work is. Short work is not logged. */
export class ProgressLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #work = "";
  #done = 0;
  #loggedMs = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** `done`: entries so far, of `total` if that is known. Less than before: the work began again. */
  note(work: string, done: number, total?: number): void {
    const now = this.#clock.monotonicMs();
    const isNew = work !== this.#work || done === 0 || done < this.#done;
    if (isNew) this.#loggedMs = now;
    this.#work = work;
    this.#done = done;
    if (now - this.#loggedMs < EVERY_MS) return;
    this.#loggedMs = now;
    const shown = total === undefined ? `${done} entries` : `${done} of ${total} entries`;
    this.#logger.info({ done, ...(total !== undefined && { total }) }, `${work}: ${shown}`);
  }
}
