import type { LeaderInfo, Store } from "@beatx/core";
import { type Lease, type LockHeld, type LockRequest, StoreError } from "@beatx/core/adapter";
import type { StoreConnection } from "./connect.js";
import { foreignLock, foreignLockNotice, mendedFirst, mendedKeys } from "./damaged-keys.js";
import type { Damage } from "./damaged-keys.js";
import type { RedisKeys } from "./keys.js";
import { ACQUIRE, READ_LOCK, RELEASE, RENEW } from "./lock-scripts.js";
import { Notices } from "./notices.js";

export type LockCommands = Pick<Store, "acquireLock" | "renewLock" | "releaseLock" | "readLock"> &
  Required<Pick<Store, "takeNotices">>;

type AcquireAnswer =
  | readonly ["OK", fence: string]
  | readonly ["HELD", leftMs: number, fence: string, since: string, label: string]
  | readonly ["WAIT", leftMs: number, why: "young-server" | "no-record" | "lock-vanished"]
  | readonly ["FOREIGN", leftMs: number, size: number, beginning: string]
  | readonly ["MENDED", ms: number, ...damage: Damage[]]
  | NoInfo;

type NoInfo = readonly ["NOINFO", error: string];

const REASONS = {
  "young-server": "the Redis server has just been started, and may have lost a lease that a node still trusts",
  "no-record":
    "the Redis server has no record of the last lease (it is used for the first time, or was emptied, replaced or failed over), and may have lost one that a node still trusts",
  "lock-vanished":
    "the lock was deleted or evicted before its time, and a node may still trust its lease (is maxmemory-policy noeviction?)",
} as const;

export function lockCommands(connection: StoreConnection, keys: RedisKeys, incarnationGuard: boolean): LockCommands {
  const { lock, leader, fence, server, wake } = keys;
  // Core logs an outage once, so an error alone could pass unseen.
  const notices = new Notices();
  return {
    takeNotices: () => notices.take(),
    async acquireLock(request: LockRequest) {
      const { token, ttlMs, label } = request;
      const args = [token, Math.ceil(ttlMs), label, incarnationGuard ? 1 : 0];
      const lockKeys = [lock, leader, fence, server];
      const answer = (await connection.runScript("acquire the lock", ACQUIRE, lockKeys, args)) as AcquireAnswer;
      if (answer[0] === "NOINFO") throw mayNotRunInfo(connection.user, answer[1]);
      return readAcquireAnswer(token, answer, keys, notices);
    },
    async renewLock(lease: Lease, ttlMs: number) {
      const args = [lockValue(lease), Math.ceil(ttlMs)];
      return (await connection.runScript("renew the lock", RENEW, [lock, leader], args)) === 1;
    },
    async releaseLock(lease: Lease) {
      return (await connection.runScript("release the lock", RELEASE, [lock, leader], [lockValue(lease), wake])) === 1;
    },
    async readLock() {
      const answer = await connection.runScript("read the lock", READ_LOCK, [lock, leader], []);
      if (answer === null) return null;
      const [heldFence, since, heldLabel, leftMs] = answer as [string, string, string, number];
      return lockInfo(heldFence, since, heldLabel, leftMs);
    },
  };
}

/** The lock's value. A node holds the lock only if all of it is equal (R3). */
export function lockValue(lease: Lease): string {
  return `${lease.token}:${lease.fence}`;
}

function readAcquireAnswer(
  token: string,
  answer: Exclude<AcquireAnswer, NoInfo>,
  keys: RedisKeys,
  notices: Notices,
): Lease | LockHeld {
  const foreign = answer[0] === "FOREIGN" ? foreignLockNotice(keys, answer[2], answer[3]) : null;
  notices.observeLasting(foreign);
  switch (answer[0]) {
    case "OK":
      return { token, fence: Number(answer[1]) };
    case "HELD": {
      const [, leftMs, fence, since, label] = answer;
      return { retryAfterMs: Math.max(leftMs, 1), leader: lockInfo(fence, since, label, leftMs) };
    }
    case "WAIT":
      return { retryAfterMs: Math.max(answer[1], 1), leader: null, reason: REASONS[answer[2]] };
    case "FOREIGN":
      throw foreignLock(answer[1], foreign!);
    case "MENDED": {
      const lines = mendedKeys(keys, answer[1], answer.slice(2) as Damage[]);
      notices.add(lines);
      throw mendedFirst(lines);
    }
  }
}

function mayNotRunInfo(user: string, words: string): StoreError {
  return new StoreError(
    `could not acquire the lock: the Redis user ${JSON.stringify(user)} may not run INFO, which shows whether the server ` +
      "has lost a lease. Allow it (ACL +info), or set incarnationGuard: false and accept that two nodes may lead for up " +
      `to a lock lifetime after a restart or failover (${words})`,
  );
}

function lockInfo(fence: string, since: string, label: string, leftMs: number): LeaderInfo {
  return { fence: Number(fence), since: Number(since), label, expiresInMs: leftMs };
}
