// The lock of most schedulers: SET NX PX, compared before it is prolonged or deleted. It loses its leases with the
// server, and then two nodes lead. The hammer must find that out.
import { Redis } from "ioredis";

const RENEW =
  'if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end return 0';
const RELEASE = 'if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0';

export async function openUnguardedLock(uri, { namespace, commandTimeoutMs }) {
  const redis = new Redis(uri, {
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 20,
  });
  redis.on("error", () => undefined); // Commands reject as well.
  const key = `${namespace}:lock`;
  return {
    name: "unguarded Redis lock",
    capabilities: { durable: false, fencedWrites: false, outbox: false, lockResolutionMs: 1, maxValueBytes: 1024 },
    async acquireLock({ token, ttlMs }) {
      const isOurs = await redis.set(key, token, "PX", ttlMs, "NX");
      if (isOurs === null) return { retryAfterMs: Math.max(1, await redis.pttl(key)), leader: null };
      return { token, fence: Date.now() };
    },
    renewLock: async ({ token }, ttlMs) => (await redis.eval(RENEW, 1, key, token, ttlMs)) === 1,
    releaseLock: async ({ token }) => (await redis.eval(RELEASE, 1, key, token)) === 1,
    // Only the lock is tested.
    advance: async (_lease, moves) => moves.map(() => ({ status: "moved", cursor: null })),
    setSchedule: async (changes) => changes.map(() => ({ status: "done", revision: "1" })),
    close: async () => redis.disconnect(),
  };
}
