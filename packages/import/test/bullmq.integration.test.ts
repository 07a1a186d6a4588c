import { type Client, createBeat, createClient, parseSchedule, silentLogger, systemClock } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { publisherProvider } from "@beatx/publisher-bullmq";
import { type RedisServer, startRedis } from "@beatx/test-servers";
import { Queue, Worker } from "bullmq";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { bullmqImporter } from "../src/kinds/bullmq.js";
import type { ImportedSchedule } from "../src/base/importer.js";
import { testContext } from "./import-context.js";

let redis: RedisServer;
let uri: string;
beforeAll(async () => {
  redis = await startRedis();
  uri = `${redis.uri}/0`;
});
afterAll(() => redis.stop());

const queueOf = (name: string): Queue => new Queue(name, { connection: { url: uri } });
const read = (queue: string, options: Record<string, string | boolean> = {}): Promise<ImportedSchedule> =>
  bullmqImporter.read([queue], { redis: uri, bullmqPrefix: "bull", ...options }, testContext({ clock: systemClock }));

function client(): Client {
  return createClient({ store: uri, stores: [storeProvider] });
}

describe("job schedulers of BullMQ", () => {
  it("keep rule, zone, bounds, limit, template and options", async () => {
    const queue = queueOf("kept");
    const endDate = Date.now() + 86_400_000 * 400;
    await queue.upsertJobScheduler(
      "report",
      { pattern: "0 30 7 * * 1-5", tz: "Europe/Berlin", endDate, limit: 10 },
      { name: "reports.send", data: { day: 1 }, opts: { attempts: 3, removeOnComplete: true } },
    );
    await queue.upsertJobScheduler("ping", { every: 90_000 }, { name: "ping", data: { args: [1], kwargs: { a: 2 } } });
    const imported = await read("kept");
    await imported.close!();
    const schedulers = await queue.getJobSchedulers();
    await queue.close();
    expect(imported.refused).toEqual([]);
    const report = imported.entries.find(({ name }) => name === "report")!;
    expect(report.entry).toMatchObject({
      task: "reports.send",
      kwargs: { day: 1 },
      options: { queue: "kept", attempts: 3, removeOnComplete: true },
      endAt: endDate,
      maxRuns: 9, // One job is in the queue already.
    });
    expect(report.notes).toEqual([expect.stringContaining("job.data.kwargs")]);
    const ping = imported.entries.find(({ name }) => name === "ping")!;
    expect(ping.entry).toMatchObject({ args: [1], kwargs: { a: 2 } });
    expect(ping.notes).toEqual([]);
    for (const { key, next } of schedulers) {
      const { entry, lastRunAt } = imported.entries.find(({ name }) => name === key)!;
      const rule = parseSchedule(entry.schedule as never);
      expect(entry.startAt ?? lastRunAt! + 1).toBe(next! + 1);
      // The instant that BullMQ has planned is one of the rule.
      expect(rule.next(next! - 1)).toBe(next);
    }
    expect(imported.notes).toEqual([expect.stringContaining("--remove")]);
  });

  it("are taken over under load: each occurrence runs once, whoever sends it", async () => {
    const queue = queueOf("load");
    const seen: number[] = [];
    const worker = new Worker(
      "load",
      async (job) => {
        const planned = (job.data as { beatx?: { scheduledAt: string } }).beatx?.scheduledAt;
        // The id of a job of BullMQ's own ends with its instant.
        seen.push(planned === undefined ? Number(/\d{13}$/.exec(job.id!)![0]) : Date.parse(planned));
      },
      { connection: { url: uri } },
    );
    await queue.upsertJobScheduler("tick", { every: 500 }, { name: "tick" });
    await until(() => seen.length >= 4);
    const imported = await read("load", { remove: true });
    const clientOf = client();
    const results = await clientOf.importEntries(
      imported.entries.map(({ name, entry, lastRunAt }) => ({ name, entry: { ...entry, missed: "all" }, lastRunAt })),
    );
    expect(results.map(({ error }) => error)).toEqual([null]);
    const done = await imported.afterWrite!(new Set(["tick"]));
    await imported.close!();
    expect(done).toEqual([expect.stringContaining("the job scheduler is removed")]);
    expect(await queue.getJobSchedulersCount()).toBe(0);
    const beat = createBeat({
      store: uri,
      stores: [storeProvider],
      publisher: `bullmq+${uri}`,
      publishers: [publisherProvider],
      logger: silentLogger,
    });
    await beat.start();
    const before = seen.length;
    await until(() => seen.length >= before + 8);
    await beat.stop();
    await worker.close();
    await clientOf.close();
    await queue.close();
    const slots = seen.map((at) => Math.round(at / 500)).sort((a, b) => a - b);
    const first = slots[0]!;
    expect(slots).toEqual(slots.map((_slot, index) => first + index));
  });

  it("of a Redis that does not answer are an error that says so, without the password", async () => {
    const options = { redis: "redis://:secret@127.0.0.1:1/0", bullmqPrefix: "bull" };
    const reading = bullmqImporter.read(["x"], options, testContext());
    await expect(reading).rejects.toThrow(/the queues in redis:\/\/:?\*+@127\.0\.0\.1:1\/0 cannot be read/);
    await expect(reading).rejects.not.toThrow("secret");
  });

  it("that are none are said", async () => {
    const { entries, notes, close } = await read("empty");
    await close!();
    expect(entries).toEqual([]);
    expect(notes).toEqual(['the queue "empty" has no job schedulers']);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
