/** Set-ups whose broker takes no messages. */

import { freePort, waitFor } from "@beatx/test-servers";
import { EXIT } from "../../src/output/exit-codes.js";
import { type BrokenSetUp, EVERY_SECOND, SECRET } from "./observe.js";
import { anotherRabbit, anotherRedis, deadUri, NO_HOST, servers, store } from "./servers.js";

/** A broker that fails shows as a problem of the publisher, with its words, in the log and in the status. */
function brokenBroker(words: RegExp, prepare: BrokenSetUp["prepare"]): BrokenSetUp {
  const named = new RegExp(`^problem .*takes no messages: .*${words.source}`, "m");
  return { prepare, log: new RegExp(`publisher: .*${words.source}`), status: named, exitCode: EXIT.unhealthy };
}

/** A Redis user of these rights alone. */
function poorUser(words: RegExp, rights: readonly string[], schedule: object = { job: EVERY_SECOND }): BrokenSetUp {
  return brokenBroker(words, async () => {
    const server = await anotherRedis();
    await server.cli("ACL", "SETUSER", "poor", "on", `>${SECRET}`, ...rights);
    const publisher = `celery+redis://poor:${SECRET}@127.0.0.1:${server.port}/0`;
    return { config: { store: store(), publisher, schedule } };
  });
}

const DEAD = /ECONNREFUSED 127\.0\.0\.1:\d+; check that it is running and that the address/;

export const BROKEN_BROKERS: Readonly<Record<string, BrokenSetUp>> = {
  "the broker is down": brokenBroker(DEAD, async () => ({
    config: { store: store(), publisher: `celery+${await deadUri()}` },
  })),
  "the broker of BullMQ is down": brokenBroker(DEAD, async () => ({
    config: { store: store(), publisher: `bullmq+${await deadUri()}` },
  })),
  "RabbitMQ is down": brokenBroker(DEAD, async () => ({
    config: { store: store(), publisher: `celery+amqp://guest:guest@127.0.0.1:${await freePort()}//` },
  })),
  "the broker refuses the password": brokenBroker(/WRONGPASS/, async () => {
    const server = await anotherRedis("--requirepass", "the right one");
    return { config: { store: store(), publisher: `celery+redis://:${SECRET}@127.0.0.1:${server.port}/0` } };
  }),
  "the broker's user lacks a command": poorUser(
    /lacks a right: it may not run EVALSHA: add \+evalsha to the user's rights/,
    ["~*", "+@all", "-lpush", "-eval", "-evalsha"],
  ),
  "the broker's user may not push, and nothing is due for long": poorUser(
    /lacks a right: it may not run LPUSH: add \+lpush to the user's rights/,
    ["~*", "+@all", "-lpush"],
    { rare: { task: "t", schedule: "1h" } },
  ),
  "the broker's user lacks a key": poorUser(
    /lacks a right: it may not use the keys? .*"celery.* add a pattern that matches, as ~pattern/,
    ["~_kombu.binding.*", "+@all"],
  ),
  "the broker is paused": brokenBroker(/127\.0\.0\.1:\d+.* within \d+ ms/, async () => {
    const server = await anotherRedis();
    server.pause();
    return { config: { store: store(), publisher: `celery+${server.uri}/0` }, undo: async () => server.resume() };
  }),
  "the broker is full": brokenBroker(/maxmemory/, async () => {
    const server = await anotherRedis("--maxmemory", "1", "--maxmemory-policy", "noeviction");
    return { config: { store: store(), publisher: `celery+${server.uri}/0` } };
  }),
  "the queue's key holds another type": brokenBroker(
    /key "celery" is not a list.*rename or delete the key/,
    async () => {
      const server = await anotherRedis();
      await server.cli("SET", "celery", "text");
      return { config: { store: store(), publisher: `celery+${server.uri}/0` } };
    },
  ),
  "RabbitMQ refuses the password": brokenBroker(/ACCESS_REFUSED .*check the user, the password/, async () => ({
    config: { store: store(), publisher: `celery+amqp://guest:${SECRET}@127.0.0.1:${servers().rabbit.port}//` },
  })),
  "RabbitMQ has no such virtual host": brokenBroker(/vhost|virtual host/, async () => ({
    config: { store: store(), publisher: `celery+amqp://guest:guest@127.0.0.1:${servers().rabbit.port}/nowhere` },
  })),
  "RabbitMQ's user lacks a permission": brokenBroker(
    /127\.0\.0\.1:\d+.*needs the permission write for the exchange "amq\.default": add it with rabbitmqctl/,
    async () => {
      await servers().rabbit.ctl("add_user", "poor", SECRET);
      await servers().rabbit.ctl("set_permissions", "-p", "/", "poor", "^$", "^$", "^$");
      const uri = `celery+amqp://poor:${SECRET}@127.0.0.1:${servers().rabbit.port}//`;
      return { config: { store: store(), publisher: uri } };
    },
  ),
  "RabbitMQ is short of memory": brokenBroker(
    /127\.0\.0\.1:\d+.* did not .*has taken no messages since \d{4}-.*: low on memory/,
    async () => {
      const rabbit = await anotherRabbit();
      await rabbit.ctl("set_vm_memory_high_watermark", "0.00001");
      return { config: { store: store(), publisher: `celery+${rabbit.uri}` } };
    },
  ),
  "RabbitMQ has no such queue": brokenBroker(/"celery" does not exist/, async () => ({
    config: { store: store(), publisher: `celery+${servers().rabbit.uri}` },
  })),
  "RabbitMQ has no such queue, and nothing is due for long": brokenBroker(
    /"celery" does not exist .*start the worker that declares it/,
    async () => ({
      config: {
        store: store(),
        publisher: `celery+${servers().rabbit.uri}`,
        schedule: { rare: { task: "t", schedule: "1h" } },
      },
    }),
  ),
  "the broker is down, and the schedule lies in memcached": brokenBroker(DEAD, async () => ({
    config: { store: servers().memcached.uri, publisher: `celery+${await deadUri()}` },
  })),
  "the broker is down, and the schedule lies in a Redis Cluster": brokenBroker(DEAD, async () => ({
    config: { store: servers().cluster.uri, publisher: `celery+${await deadUri()}` },
  })),
  "the broker goes down while the node leads": brokenBroker(DEAD, async () => {
    const server = await anotherRedis();
    return { config: { store: store(), publisher: `celery+${server.uri}/0` }, afterStart: () => server.kill() };
  }),
  "the broker's host has no address": brokenBroker(/ENOTFOUND .*check that it is running and that the address/, () =>
    Promise.resolve({ config: { store: store(), publisher: `celery+redis://${NO_HOST}:6379/0` } }),
  ),
  "the broker has no such database": brokenBroker(/\/99: .*out of range/, () =>
    Promise.resolve({ config: { store: store(), publisher: `celery+${servers().redis.uri}/99` } }),
  ),
  "the broker is a read-only replica": brokenBroker(
    /is a replica and takes no writes: give the master's address/,
    async () => {
      const server = await anotherRedis("--replicaof", "127.0.0.1", String(servers().redis.port));
      await waitFor("the replica", async () => (await server.cli("INFO", "replication")).includes("link_status:up"));
      return { config: { store: store(), publisher: `celery+${server.uri}/0` } };
    },
  ),
  "the broker is RabbitMQ, and the URI says Redis": brokenBroker(/127\.0\.0\.1:\d+.*the address .* right/, () =>
    Promise.resolve({
      config: { store: store(), publisher: `celery+redis://127.0.0.1:${servers().rabbit.port}/0` },
    }),
  ),
};
