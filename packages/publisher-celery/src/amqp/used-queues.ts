import type { Clock, JsonObject } from "@beatx/core";

/** The queues that messages were sent to by name lately; a few of them if there are many. */
export interface UsedQueues {
  /** Messages go out now: to these queues, with the arguments that their entries give, or to exchanges alone. */
  note(queues: ReadonlyMap<string, JsonObject | null>): void;
  /** The queues in use; `undefined` before the first message. */
  lately(): ReadonlyMap<string, JsonObject | null> | undefined;
}

/** Queues that one check looks at. */
const MOST_QUEUES = 12;
/** A queue without a message for as long may have been given up. */
const LATELY_MS = 24 * 3600 * 1000;

/** @param clock tells how long ago a message went to a queue. */
export function createUsedQueues(clock: Clock): UsedQueues {
  const used = new Map<string, { readonly given: JsonObject | null; readonly atMs: number }>();
  let hasSent = false;
  return {
    note(queues) {
      hasSent = true;
      const atMs = clock.monotonicMs();
      for (const [queue, given] of queues) {
        used.delete(queue);
        used.set(queue, { given, atMs });
        if (used.size > MOST_QUEUES) used.delete(used.keys().next().value!);
      }
    },
    lately() {
      if (!hasSent) return undefined;
      const oldest = clock.monotonicMs() - LATELY_MS;
      const recent = [...used].filter(([, { atMs }]) => atMs > oldest);
      return new Map(recent.map(([queue, { given }]) => [queue, given]));
    },
  };
}
