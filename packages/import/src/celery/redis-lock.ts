/** The lock of redis-py, by which RedBeat and celery-beatx keep a second beat from running. */

import { randomUUID } from "node:crypto";

import { type RedisConnection, script } from "@beatx/shared-redis";

import { type ForeignLock, LOCK_LIFETIME_MS } from "./hold-lock.js";

const RENEW = script(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])`);

const RELEASE = script(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])`);

export function redisLock(connection: RedisConnection, key: string): ForeignLock {
  const token = randomUUID();
  return {
    key,
    async take() {
      const answer = await connection.run("take the lock", (redis) =>
        redis.set(key, token, "PX", LOCK_LIFETIME_MS, "NX"),
      );
      return answer === "OK";
    },
    async leftMs() {
      const leftMs = await connection.run("read the lock", (redis) => redis.pttl(key));
      return leftMs < 0 ? null : leftMs;
    },
    async renew() {
      return (await connection.runScript("keep the lock", RENEW, [key], [token, LOCK_LIFETIME_MS])) === 1;
    },
    async release() {
      await connection.runScript("release the lock", RELEASE, [key], [token]);
    },
  };
}
