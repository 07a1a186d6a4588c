/**
 * The least that two nodes need for a take-over: one holds a lease and sends ten messages a second under it; the other one
 * sleeps until the lease ends, or is woken by its release. A process that `take-over-limit` starts, with port and ttl.
 */

import { Redis } from "ioredis";
import { machineNow } from "@beatx/measure";

const SEND_EVERY_MS = 100;
const LEASE = "limit:lease";
const RENEW = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end return 0`;
const SEND = `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end redis.call("LPUSH", KEYS[2], "message") return 1`;
const RELEASE = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("DEL", KEYS[1])
redis.call("PUBLISH", KEYS[1], "free")
return 1`;

const [port, ttlMs] = process.argv.slice(2).map(Number) as [number, number];
const token = String(process.pid);
const redis = new Redis(port, "127.0.0.1");
const subscriber = new Redis(port, "127.0.0.1");
let isLeader = false;
let waiting: NodeJS.Timeout | undefined;

async function compete(): Promise<void> {
  clearTimeout(waiting);
  if (isLeader) return;
  if ((await redis.set(LEASE, token, "PX", ttlMs, "NX")) === "OK") return lead();
  waiting = setTimeout(() => void compete(), Math.max(1, (await redis.pttl(LEASE)) + 1));
}

function lead(): void {
  isLeader = true;
  setInterval(() => void redis.eval(RENEW, 1, LEASE, token, ttlMs), ttlMs / 3);
  void send();
  setInterval(() => void send(), SEND_EVERY_MS);
}

async function send(): Promise<void> {
  if ((await redis.eval(SEND, 2, LEASE, "limit:queue", token)) === 1) process.send?.(machineNow());
}

process.once("SIGTERM", () => void redis.eval(RELEASE, 1, LEASE, token).then(() => process.exit(0)));
process.once("disconnect", () => process.exit(1));
subscriber.on("message", () => void compete());
await subscriber.subscribe(LEASE);
await compete();
