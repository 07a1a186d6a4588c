/** Set-ups whose store cannot be used, or not as it should be. */

import { freePort, type RedisServer, waitFor } from "@beatx/test-servers";
import { EXIT } from "../../src/output/exit-codes.js";
import { type BrokenSetUp, SECRET } from "./observe.js";
import { anotherRedis, deadUri, NO_HOST, servers, store } from "./servers.js";

/** The first message has reached the queue of the server. */
async function untilSent(server: RedisServer): Promise<void> {
  await waitFor("a message", async () => Number(await server.cli("LLEN", "celery")) > 0);
}

/** A server that holds schedule and queue, and takes the user's right away when all works. */
function withoutRight(right: string, words: RegExp): BrokenSetUp {
  return {
    prepare: async () => {
      const server = await anotherRedis();
      await server.cli("ACL", "SETUSER", "poor", "on", `>${SECRET}`, "~*", "&*", "+@all");
      const uri = `redis://poor:${SECRET}@127.0.0.1:${server.port}/0`;
      return {
        config: { store: uri, publisher: `celery+${uri}` },
        afterStart: async () => {
          await untilSent(server);
          await server.cli("ACL", "SETUSER", "poor", right);
        },
      };
    },
    log: new RegExp(`store: .*${words.source}`),
    status: new RegExp(`^problem .*the store .*${words.source}`, "m"),
    exitCode: EXIT.unhealthy,
  };
}

export const BROKEN_STORES: Readonly<Record<string, BrokenSetUp>> = {
  "no node runs": {
    prepare: () => Promise.resolve({ config: { store: store() } }),
    log: null,
    status: /^problem +no node leads, so nothing is sent: if none runs, start one \(beatx start/m,
    exitCode: EXIT.unhealthy,
  },
  "the store is down": {
    prepare: async () => ({ config: { store: await deadUri(), publisher: `celery+${store()}` } }),
    log: /store: .*ECONNREFUSED 127\.0\.0\.1:\d+; check that it is running/,
    status: /beatx: the store redis:\/\/127\.0\.0\.1:\d+\/0 .*cannot be used: .*Is it running/,
    exitCode: EXIT.failure,
  },
  "memcached is down": {
    prepare: async () => ({
      config: { store: `memcached://127.0.0.1:${await freePort()}`, publisher: `celery+${store()}` },
    }),
    log: /store: .*127\.0\.0\.1:\d+: nothing listens there: is memcached running/,
    status: /beatx: the store memcached:\/\/127\.0\.0\.1:\d+ .*cannot be used: .*Is it running/,
    exitCode: EXIT.failure,
  },
  "the store refuses the password": {
    prepare: async () => {
      const server = await anotherRedis("--requirepass", "the right one");
      return { config: { store: `redis://:${SECRET}@127.0.0.1:${server.port}/0`, publisher: `celery+${store()}` } };
    },
    log: /store: .*does not accept the user or password: check those in the URI/,
    status: /cannot be used: .*does not accept the user or password: check those in the URI/,
    exitCode: EXIT.failure,
  },
  "the store is a read-only replica": {
    prepare: async () => {
      const server = await anotherRedis("--replicaof", "127.0.0.1", String(servers().redis.port));
      await waitFor("the replica", async () => (await server.cli("INFO", "replication")).includes("link_status:up"));
      return { config: { store: `${server.uri}/0`, publisher: `celery+${store()}` } };
    },
    log: /store: .*replica/,
    status: /^problem .*is a replica and takes no writes: give the master's address/m,
    exitCode: EXIT.unhealthy,
  },
  "the store evicts keys": {
    prepare: async () => {
      const server = await anotherRedis("--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb");
      return { config: { store: `${server.uri}/0`, publisher: `celery+${server.uri}/0` } };
    },
    log: /warn.*(allkeys-lru|maxmemory-policy)/,
    status: /^warning .*noeviction/m,
    exitCode: EXIT.ok,
  },
  "the store is paused": {
    prepare: async () => {
      const server = await anotherRedis();
      server.pause();
      return {
        config: { store: `${server.uri}/0`, publisher: `celery+${store()}` },
        undo: () => Promise.resolve(server.resume()),
      };
    },
    log: /store: .*did not answer/,
    status:
      /cannot be used: .*no connection to redis:\/\/127\.0\.0\.1:\d+\/0, which accepted it and did not answer [^;]*; check/,
    exitCode: EXIT.failure,
  },
  "the store is full": {
    prepare: async () => {
      const server = await anotherRedis("--maxmemory", "1", "--maxmemory-policy", "noeviction");
      return { config: { store: `${server.uri}/0`, publisher: `celery+${store()}` } };
    },
    log: /store: .*maxmemory and takes no writes: raise maxmemory/,
    status: /^problem .*is full and takes no writes: raise maxmemory/m,
    exitCode: EXIT.unhealthy,
  },
  "the store, with the queue in it, is full": {
    prepare: async () => {
      const server = await anotherRedis("--maxmemory-policy", "noeviction");
      const uri = `${server.uri}/0`;
      return {
        config: { store: uri, publisher: `celery+${uri}` },
        afterStart: async () => {
          await untilSent(server);
          await server.cli("CONFIG", "SET", "maxmemory", "1");
        },
      };
    },
    log: /store: .*maxmemory and takes no writes: raise maxmemory/,
    status: /^problem .*the store .*is full and takes no writes: raise maxmemory[^]*^publisher +not known/m,
    exitCode: EXIT.unhealthy,
  },
  "the store may not write the queue in it": withoutRight("-lpush", /may not run LPUSH/),
  "the store may not renew the lease": withoutRight("-pexpireat", /could not renew .*may not run PEXPIREAT/),
  "the store lacks a right": {
    prepare: async () => {
      const server = await anotherRedis();
      await server.cli("ACL", "SETUSER", "poor", "on", `>${SECRET}`, "~*", "&*", "+@all", "-eval", "-evalsha", "-set");
      return {
        config: { store: `redis://poor:${SECRET}@127.0.0.1:${server.port}/0`, publisher: `celery+${store()}` },
      };
    },
    log: /store: .*lacks a right: it may not run EVALSHA: add \+evalsha/,
    status: /cannot be used: .*lacks a right: it may not run EVALSHA: add \+evalsha/,
    exitCode: EXIT.failure,
  },
  "the store has no such database": {
    prepare: () => Promise.resolve({ config: { store: `${servers().redis.uri}/99`, publisher: `celery+${store()}` } }),
    log: /store: .*no database of that number.*\/99/,
    status: /cannot be used: .*no database of that number.*\/99/,
    exitCode: EXIT.failure,
  },
  "the store's host has no address": {
    prepare: () => Promise.resolve({ config: { store: `redis://${NO_HOST}:6379/0`, publisher: `celery+${store()}` } }),
    log: /store: .*ENOTFOUND/,
    status: /cannot be used: .*ENOTFOUND.*is the URI right/,
    exitCode: EXIT.failure,
  },
  "the store is another kind of server": {
    prepare: () =>
      Promise.resolve({
        config: { store: `redis://127.0.0.1:${servers().memcached.port}/0`, publisher: `celery+${store()}` },
      }),
    log: /store: .*127\.0\.0\.1:\d+.*check that it is running and that the address/,
    status: /cannot be used: .*127\.0\.0\.1:\d+.*is the URI right/,
    exitCode: EXIT.failure,
  },
};
