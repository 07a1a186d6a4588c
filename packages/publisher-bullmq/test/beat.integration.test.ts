import { createBeat, interval, silentLogger } from "@beatx/core";
import { publisherProvider } from "@beatx/publisher-bullmq";
import type { BeatxJobData } from "@beatx/publisher-bullmq";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import { Worker } from "bullmq";
import type { Job } from "bullmq";
import { expect, it } from "vitest";

it("a beat sends each occurrence to the BullMQ worker, once", async () => {
  const server = await startRedis();
  const jobs: Job<BeatxJobData>[] = [];
  const connection = { port: server.port, maxRetriesPerRequest: null };
  const worker = new Worker<BeatxJobData>("mail", async (job) => void jobs.push(job), { connection });
  const beat = createBeat({
    store: `${server.uri}/0`,
    stores: [storeProvider],
    publisher: `bullmq+${server.uri}/0`,
    publishers: [publisherProvider],
    logger: silentLogger,
    schedule: {
      ping: { task: "ops.ping", schedule: interval("1s"), args: ["hello"], options: { queue: "mail" } },
    },
  });
  try {
    await beat.start();
    await waitFor("three jobs", () => jobs.length >= 3);
  } finally {
    await beat.stop();
    await worker.close();
    await server.stop();
  }
  expect(jobs[0]).toMatchObject({ name: "ops.ping", data: { args: ["hello"], kwargs: {}, beatx: { entry: "ping" } } });
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  const instants = jobs.map(({ data }) => Date.parse(data.beatx.scheduledAt));
  expect(instants).toEqual([...new Set(instants)].sort((a, b) => a - b));
  expect(instants.every((instant) => instant % 1000 === 0)).toBe(true);
});
