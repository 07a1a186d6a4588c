import { clocked, createBeat, interval, silentLogger } from "@beatx/core";
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

it("a beat with at-most-once delivery sends what fell due while Redis was away, and calls nothing uncertain", async () => {
  const [server, broker] = await Promise.all([startRedis(), startRedis()]);
  await broker.kill();
  const beat = createBeat({
    store: `${server.uri}/0`,
    stores: [storeProvider],
    publisher: `bullmq+${broker.uri}/0`,
    publishers: [publisherProvider],
    logger: silentLogger,
    delivery: "at-most-once",
    schedule: {
      ping: { task: "ops.ping", schedule: interval("1s"), missed: "all" },
      once: { task: "ops.once", schedule: clocked(new Date()), firstRun: "now" },
    },
  });
  let failures = 0;
  const uncertain: string[] = [];
  const published: { readonly entry: string; readonly scheduledAt: number }[] = [];
  beat.on("error", () => (failures += 1));
  beat.on("uncertain", ({ entry }) => uncertain.push(entry));
  beat.on("published", (event) => published.push(event));
  const instantsOf = (name: string): number[] =>
    published.filter(({ entry }) => entry === name).map(({ scheduledAt }) => scheduledAt);
  try {
    await beat.start();
    await waitFor("failed attempts", () => failures >= 3);
    await broker.restart();
    await waitFor("the occurrences", () => instantsOf("ping").length >= 4 && instantsOf("once").length > 0);
  } finally {
    await beat.stop();
    await server.stop();
    await broker.stop();
  }
  const [first, ...others] = instantsOf("ping");
  expect(others).toEqual(others.map((_instant, index) => first! + (index + 1) * 1000));
  expect(instantsOf("once")).toHaveLength(1);
  expect(uncertain).toEqual([]);
});
