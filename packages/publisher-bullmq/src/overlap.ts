import type { Message } from "@beatx/core";
import { runScript, script } from "@beatx/shared-redis";
import type { Argument, RedisClient } from "@beatx/shared-redis";

/** What keeps the runs of an entry apart (R52): BullMQ's own deduplication, which the end of the job releases. */
export interface JobOverlap {
  readonly deduplicationId: string;
  readonly ttlMs: number;
}

/** `undefined`: the runs of the entry may overlap. */
export function overlapOf({ overlap, namespace, entry }: Message): JobOverlap | undefined {
  if (!overlap) return undefined;
  // A namespace without "/" keeps the ids of two namespaces apart.
  return { deduplicationId: `beatx:${encodeURIComponent(namespace)}/${entry}`, ttlMs: overlap.ttlMs };
}

/**
 * Deletes the keys that hold nothing up any more: their job is gone, or older than the bound of its entry.
 *
 * KEYS: one per job; ARGV: what all keys of the queue begin with, now by the clock that dates jobs, then per job: its id, the
 * bound in ms. A key whose job is this one stays: BullMQ then knows it as a repeat.
 *
 * BullMQ has no bound of its own for this: with a `ttl` its key outlives the end of the job.
 */
const END_OLD_HOLDS = script(`
for index = 1, #KEYS do
  local holder = redis.call('GET', KEYS[index])
  if holder and holder ~= ARGV[2 * index + 1] then
    local sentAt = tonumber(redis.call('HGET', ARGV[1] .. holder, 'timestamp') or nil)
    if not sentAt or ARGV[2] - sentAt >= tonumber(ARGV[2 * index + 2]) then redis.call('DEL', KEYS[index]) end
  end
end`);

/** A job of an entry whose runs must not overlap. */
export interface HeldJob extends JobOverlap {
  readonly jobId: string;
}

/** `queueKeys`: what all keys of the queue begin with. `now`: epoch ms. */
export async function endOldHolds(
  client: RedisClient,
  queueKeys: string,
  jobs: readonly HeldJob[],
  now: number,
  mayGoOn: () => void,
): Promise<void> {
  if (jobs.length === 0) return;
  const keys = jobs.map(({ deduplicationId }) => `${queueKeys}de:${deduplicationId}`);
  const args: Argument[] = [queueKeys, now];
  for (const { jobId, ttlMs } of jobs) args.push(jobId, ttlMs);
  await runScript(client, END_OLD_HOLDS, keys, args, mayGoOn);
  mayGoOn();
}
