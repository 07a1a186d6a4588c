import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { redisStore } from "@beatx/store-redis";
import { startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

const { signal } = new AbortController();
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it("a queue that the user may not write to fails its own messages only", async () => {
  const keys = ["~celery", "~{celery}:p", "~_kombu.binding.celery"];
  await server.cli("acl", "setuser", "beat", "on", ">pw", "+@all", ...keys, "&*");
  const publisher = celeryRedisPublisher({ uri: `celery+redis://beat:pw@127.0.0.1:${server.port}/0` });
  const messages = [
    sampleMessage({ entry: "one" }),
    sampleMessage({ entry: "two", options: { queue: "mail" } }),
    sampleMessage({ entry: "three" }),
  ];
  const answers = await publisher.publish(messages, { signal });
  await publisher.close();
  expect(answers[0]).toBeUndefined();
  expect(answers[1]?.message).toContain("NOPERM");
  expect(answers[2]).toBeUndefined();
  expect(await server.cli("llen", "celery")).toBe("2");
});

it("a mark that the user may not set is found by no store, and messages are delivered without it", async () => {
  await server.cli("acl", "setuser", "clerk", "on", ">pw", "+@all", "~celery", "~{celery}:p", "~_kombu.*", "&*");
  const publisher = celeryRedisPublisher({ uri: `celery+redis://clerk:pw@127.0.0.1:${server.port}/0` });
  const store = redisStore({ uri: server.uri });
  expect(await store.reachesOutbox(await publisher.outbox!.leaveMark())).toBe(false);
  expect(await publisher.publish([sampleMessage({ entry: "six" })], { signal })).toEqual([undefined]);
  await Promise.all([publisher.close(), store.close()]);
});

it("an exchange whose table cannot be read fails its own messages only", async () => {
  await server.cli("set", "_kombu.binding.reports", "somebody else's");
  const publisher = celeryRedisPublisher({ uri: `celery+redis://127.0.0.1:${server.port}/0` });
  const messages = [
    sampleMessage({ entry: "four" }),
    sampleMessage({ entry: "five", options: { exchange: "reports", routing_key: "daily" } }),
  ];
  const answers = await publisher.publish(messages, { signal });
  await publisher.close();
  expect(answers[0]).toBeUndefined();
  expect(answers[1]?.message).toContain("WRONGTYPE");
});
