import type { Clock } from "@beatx/core";
import { batches, describeClient, isForbidden, script } from "@beatx/shared-redis";
import type { RedisConnection } from "@beatx/shared-redis";
import type { KeyNaming } from "./bindings.js";

/** Watches the lists that this publisher writes: a list that no worker empties is named after a while. */
export interface UnreadQueues {
  /** Call this with the key of a list that gets a message. */
  noteWrite(list: string): void;
  /**
   * Looks at the lists now. Resolves to a warning for each list whose oldest message has not moved for five minutes of
   * looking. Rejects with `PublishError` when the broker does not answer.
   */
  check(signal: AbortSignal): Promise<readonly string[]>;
}

/** A list as the last look found it. */
interface Look {
  /** A hash of the oldest message; `""`: the list is empty or unknown. */
  readonly oldest: string;
  /** Monotonic ms of the look that found this message the oldest for the first time. */
  readonly since: number;
}

/**
 * The length of each list, and a hash of its oldest message. Reading the message itself would cost its whole length. A
 * list that cannot be read counts as empty.
 */
const LOOK = script(`
local found = {}
for _, key in ipairs(KEYS) do
  local oldest = redis.pcall('LINDEX', key, -1)
  local length = redis.pcall('LLEN', key)
  local isRead = type(oldest) == 'string' and type(length) == 'number'
  found[#found + 1] = isRead and length or 0
  found[#found + 1] = isRead and redis.sha1hex(oldest) or ''
end
return found
`);

/** Longer than most tasks take: a worker that is busy with one may leave its queue alone as long. */
const PATIENCE_MS = 5 * 60_000;
/** Lists watched. More are not looked at, so that a look stays cheap. */
const MAX_LISTS = 1000;
const LISTS_PER_SCRIPT = 100;

export function createUnreadQueues(connection: RedisConnection, naming: KeyNaming, clock: Clock): UnreadQueues {
  const looks = new Map<string, Look>();

  function noteWrite(list: string): void {
    if (looks.size < MAX_LISTS && !looks.has(list)) looks.set(list, { oldest: "", since: 0 });
  }

  async function lookAt(lists: readonly string[], signal: AbortSignal): Promise<string[]> {
    const found = (await connection.runScript("look at the queues", LOOK, lists, [], signal)) as (number | string)[];
    const now = clock.monotonicMs();
    return lists.flatMap((list, index) => {
      const [length, oldest] = [Number(found[2 * index]), String(found[2 * index + 1])];
      const before = looks.get(list);
      const since = oldest !== "" && before?.oldest === oldest ? before.since : now;
      looks.set(list, { oldest, since });
      const isUnread = oldest !== "" && now - since >= PATIENCE_MS;
      return isUnread ? [explain(list, length, now - since)] : [];
    });
  }

  async function check(signal: AbortSignal): Promise<readonly string[]> {
    const warnings: string[] = [];
    try {
      for (const lists of batches([...looks.keys()], LISTS_PER_SCRIPT, Infinity, () => 0)) {
        warnings.push(...(await lookAt(lists, signal)));
      }
    } catch (error) {
      // A user that may write messages, and not read them, gets no warnings.
      if (!isForbidden(error)) throw error;
    }
    return warnings;
  }

  function explain(list: string, length: number, unreadMs: number): string {
    const messages = length === 1 ? "1 message waits" : `${length} messages wait`;
    const where = `the list ${JSON.stringify(list)} of the Celery broker at ${describeClient(connection.client)}`;
    const { keyPrefix, separator, prioritySteps } = naming;
    const ours = [`sep ${JSON.stringify(separator)}`, `priority_steps ${JSON.stringify(prioritySteps)}`];
    const same = [...ours, `global_keyprefix ${JSON.stringify(keyPrefix)}`].join(", ");
    const advice = `start a worker of this queue; if an idle one runs, its transport options differ from those here (${same})`;
    const minutes = Math.floor(unreadMs / 60_000);
    return `${messages} in ${where}, and no worker has taken any for ${minutes} minutes: ${advice}`;
  }

  return { noteWrite, check };
}
