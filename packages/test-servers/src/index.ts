export { BEAT_NODE_PROGRAM, BeatNode, leaderOf } from "./beat-node.js";
export type { NodeEvent } from "./beat-node.js";
export { mostWithin } from "./most-within.js";
export { freePort } from "./free-port.js";
export { recordFigures, recordHead } from "./record-figures.js";
export type { RecordHead } from "./record-figures.js";
export { startRedisCluster } from "./redis-cluster.js";
export type { RedisCluster } from "./redis-cluster.js";
export { startRedisSentinel } from "./redis-sentinel.js";
export type { RedisSentinel } from "./redis-sentinel.js";
export { makeRedisUser, readRedisRights } from "./redis-rights.js";
export type { RedisRights } from "./redis-rights.js";
export { redisCli, startRedis } from "./redis-server.js";
export type { RedisServer, RedisServerOptions } from "./redis-server.js";
export { startRedisTls } from "./redis-tls.js";
export type { RedisTls } from "./redis-tls.js";
export { runProcess, runToEnd, temporaryFolder, waitFor } from "./run-process.js";
export type { RunningProcess, RunOptions } from "./run-process.js";
export { startCeleryWorker } from "./celery-worker.js";
export type { CeleryEvent, CeleryRecord, CeleryWorker, CeleryWorkerOptions } from "./celery-worker.js";
export { startRabbit } from "./rabbitmq-server.js";
export type { RabbitServer } from "./rabbitmq-server.js";
export { startMemcached } from "./memcached-server.js";
export type { MemcachedServer, MemcachedServerOptions } from "./memcached-server.js";
export {
  askMemcached,
  deleteMemcachedItems,
  getMemcachedItem,
  memcachedKeys,
  setMemcachedItem,
} from "./memcached-items.js";
export type { MemcachedItem } from "./memcached-items.js";
export { table } from "./table.js";
export { startScripted } from "./scripted-server.js";
export type { Script, ScriptedConnection, ScriptedServer } from "./scripted-server.js";
