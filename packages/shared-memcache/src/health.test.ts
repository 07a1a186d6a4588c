import { FakeClock } from "@beatx/core/testing";
import { expect, it } from "vitest";
import { MemoryServer } from "../test/memory-server.js";
import { memcacheStore } from "./index.js";

it("the health of a large schedule reads a bounded number of buckets", async () => {
  const server = new MemoryServer();
  const clock = new FakeClock();
  const store = memcacheStore({ client: server, name: "memcached", clock });
  const names = Array.from({ length: 17_000 }, (_, index) => `entry ${index}`);
  await store.setSchedule(names.map((name) => ({ name, definition: "d", expectedRevision: null })));
  expect(server.keysLike(/:d:/).length).toBeGreaterThan(1000);
  server.stats = { evictions: "0", time: String(Math.trunc(clock.now() / 1000)) };
  server.sent.length = 0;
  expect(await store.checkHealth()).toEqual([]);
  const read = server.sent.flatMap(({ command, keys }) => (command === "getMany" ? keys : []));
  expect(read.filter((key) => key.includes(":d:"))).toHaveLength(32);
  expect(server.sent.filter(({ command }) => command === "touch").length).toBeLessThanOrEqual(4096);
});
