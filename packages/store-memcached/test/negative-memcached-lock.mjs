// The obvious lock on memcached: add, touch, and delete after a get. It is wrong: a lifetime of 2 s may end after 1 s, the
// delete may hit the lock of another node, and a restart loses the lock. The hammer must find that out.
import Memcached from "memcached";

export async function openNaiveLock(uri, { namespace, commandTimeoutMs }) {
  const options = { timeout: commandTimeoutMs, failures: 1e9, failuresTimeout: 1, retry: 1 };
  const client = new Memcached(uri.replace("memcached://", ""), options);
  const key = `${namespace}-lock`;
  const call = (command, ...args) =>
    new Promise((resolve, reject) => {
      client[command](...args, (error, answer) => {
        if (error && error.notStored) resolve(false);
        else if (error) reject(new Error(String(error)));
        else resolve(answer);
      });
    });
  /** The client has no deadlines. */
  const inTime = (work) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("too late")), commandTimeoutMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  return {
    name: "naive memcached lock",
    capabilities: { durable: false, fencedWrites: false, outbox: false, lockResolutionMs: 1000, maxValueBytes: 1024 },
    async acquireLock({ token, ttlMs }) {
      const isOurs = await inTime(call("add", key, token, ttlMs / 1000));
      return isOurs ? { token, fence: Date.now() } : { retryAfterMs: ttlMs, leader: null };
    },
    async renewLock({ token }, ttlMs) {
      if (!(await inTime(call("touch", key, ttlMs / 1000)))) return false;
      return (await inTime(call("get", key))) === token;
    },
    async releaseLock({ token }) {
      if ((await inTime(call("get", key))) !== token) return false;
      return inTime(call("del", key));
    },
    // The hammer checks only the lock of this store.
    advance: async (_lease, moves) => moves.map(() => ({ status: "moved", cursor: null })),
    setSchedule: async (changes) => changes.map(() => ({ status: "done", revision: "1" })),
    close: async () => client.end(),
  };
}
