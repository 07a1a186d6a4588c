import { type RedisServer, startRedis } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BeatNode } from "./beat-node.js";

describe("schedule types in packages of the application", () => {
  let redis: RedisServer;
  const nodes: BeatNode[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await redis.stop();
  });

  it("are found by their names, whether the entry comes from the configuration or from the store", async () => {
    const uri = `${redis.uri}/0`;
    const base = { store: uri, publisher: `celery+${uri}`, namespace: "schedules", lockTtlMs: 3_000 };
    const schedule = {
      recurring: { task: "t", schedule: { type: "rrule", text: "DTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY" } },
      evening: { task: "t", schedule: { type: "solar", event: "sunset", latitude: 52.5, longitude: 13.4 } },
    };
    const first = await BeatNode.start({ ...base, schedule });
    nodes.push(first);
    expect(await first.waitFor("published")).toMatchObject({ entry: "recurring" });
    expect(first.events.filter(({ event }) => event === "error")).toEqual([]);

    const second = await BeatNode.start(base);
    nodes.push(second);
    await first.stop();
    expect(await second.waitFor("published")).toMatchObject({ entry: "recurring" });
    expect(second.events.filter(({ event }) => event === "error")).toEqual([]);
  });
});
