import { systemClock } from "./clock.js";
import type { Clock } from "./clock.js";

/** Since when a server does not answer, for messages. */
export interface Silence {
  /**
   * Call this when something begins to wait for an answer. Returns what makes the words for the case that none comes, as in
   * "within 5000 ms": how long it waited, and since when there has been no answer. `deadlineMs`: the deadline that ended
   * the wait; omitted: the wait was called off.
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
        const end = deadlineMs === undefined ? ", and the wait was called off" : "";
        const isLonger = since !== undefined && since < sentAt;
        since ??= sentAt;
        const moment = isLonger ? `; silent since ${new Date(since).toISOString()}` : "";
        return `within ${waitedMs} ms${end}${moment}`;
      };
    },
    end: () => void (since = undefined),
  };
}
