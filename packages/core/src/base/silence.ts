import { systemClock } from "./clock.js";
import type { Clock } from "./clock.js";

/** Since when a server does not answer, for messages. */
export interface Silence {
  /**
   * Call this when something begins to wait for an answer. Returns what makes the words for the case that none comes: how
   * long it waited, as in "within 5000 ms" (the deadline, if that ended the wait), and since when there has been no answer.
   */
  begin(): (deadlineMs?: number) => string;
  /** Call this at every answer, a refusal included. */
  end(): void;
}

/** Measures by the system's clock. */
export function createSilence(clock: Clock = systemClock): Silence {
  let since: number | undefined;
  return {
    begin() {
      const [sentAt, startedMs] = [clock.now(), clock.monotonicMs()];
      return (deadlineMs) => {
        const waitedMs = deadlineMs ?? Math.round(clock.monotonicMs() - startedMs);
        const isLonger = since !== undefined && since < sentAt;
        since ??= sentAt;
        const moment = isLonger ? `; silent since ${new Date(since).toISOString()}` : "";
        return `within ${waitedMs} ms${moment}`;
      };
    },
    end: () => void (since = undefined),
  };
}
