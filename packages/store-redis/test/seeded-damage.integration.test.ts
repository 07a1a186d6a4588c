import { type RedisServer, startRedis } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DAMAGE_TIMEOUT_MS, damageStore } from "../../store-conformance/test/damage/damage-store.js";
import { redisStore } from "../src/redis-store.js";
import { redisWays } from "./damage-ways.js";

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await startRedis();
  client = new Redis({ host: server.host, port: server.port });
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

describe("damaged keys of a Redis store", () => {
  it("stop nothing, and can be repaired", { timeout: DAMAGE_TIMEOUT_MS }, async () => {
    const report = await damageStore("redis", {
      open: (namespace) => redisStore({ uri: server.uri, namespace }),
      waysFor: (namespace) => redisWays(client, namespace),
    });
    console.log(report.text);
    expect(report.problems).toEqual([]);
  });
});
