import type { Message, Publisher } from "@beatx/core";
import { bullmqPublisher, jobIdOf } from "@beatx/publisher-bullmq";
import type { BeatxJobData } from "@beatx/publisher-bullmq";
import { describePublisher } from "@beatx/publisher-conformance";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import type { Job, Queue, Worker } from "bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readJob } from "./received-jobs.js";
import { sampleMessage } from "./sample-message.js";

/** The module, of any version. */
export interface BullMQ {
  readonly Queue: typeof Queue;
  readonly Worker: typeof Worker;
}

type JobQueue = Queue<BeatxJobData>;

const SECRET = "secret-of-the-test";
const never = new AbortController().signal;

/** The tests for every major version of BullMQ: the publisher must use the same version as `bullmq`. */
export function describeBullmq(bullmq: BullMQ): void {
  let server: RedisServer;
  let publisher: Publisher;
  const opened: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    server = await startRedis({ appendOnly: true, args: ["--user", "beatx", "on", `>${SECRET}`, "~*", "&*", "+@all"] });
    publisher = bullmqPublisher({ uri: `bullmq+${server.uri}/0` });
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  afterAll(async () => {
    await publisher?.close();
    await server?.stop();
  });

  function openQueue(name: string, prefix = "bull"): JobQueue {
    const queue: JobQueue = new bullmq.Queue(name, { connection: { port: server.port }, prefix });
    queue.on("error", () => undefined);
    opened.push(queue);
    return queue;
  }

  function startWorker(queue: string, process: (job: Job<BeatxJobData>) => void): Worker {
    const settings = { connection: { port: server.port, maxRetriesPerRequest: null }, concurrency: 50 };
    const worker = new bullmq.Worker<BeatxJobData>(queue, async (job) => process(job), settings);
    worker.on("error", () => undefined);
    opened.push(worker);
    return worker;
  }

  async function send(...messages: Message[]): Promise<void> {
    expect(await publisher.publish(messages, { signal: never })).toEqual(messages.map(() => undefined));
  }

  const to = (queue: string, changes: Partial<Message> = {}): Message =>
    sampleMessage({ ...changes, options: { queue, ...changes.options } });

  describe("conformance", () => {
    describePublisher(
      { describe, it },
      {
        open: async () =>
          bullmqPublisher({ uri: `bullmq+redis://beatx:${SECRET}@127.0.0.1:${server.port}/0?queue=conformance` }),
        received: async () => {
          const queue = new bullmq.Queue<BeatxJobData>("conformance", { connection: { port: server.port } });
          queue.on("error", () => undefined);
          try {
            return (await queue.getJobs()).map(readJob);
          } finally {
            await queue.close();
          }
        },
        unsendable: { priority: -1 },
        endRun: async (id) => {
          const queue = new bullmq.Queue("conformance", { connection: { port: server.port } });
          await queue.remove(jobIdOf(id)).finally(() => queue.close());
        },
        breakBroker: () => server.kill(),
        repairBroker: async () => {
          server.resume();
          await server.restart();
        },
        silenceBroker: async () => server.pause(),
        get address() {
          return `127.0.0.1:${server.port}`;
        },
        secret: SECRET,
      },
    );
  });

  describe("a real BullMQ worker", () => {
    it("gets task, arguments and the data of the occurrence", async () => {
      const message = to("worker", {
        args: ["é", null, { nested: [1] }],
        kwargs: { ключ: "😀" },
        expiresAt: Date.UTC(2030, 0, 1),
      });
      const jobs: Job<BeatxJobData>[] = [];
      startWorker("worker", (job) => jobs.push(job));
      await send(message);
      await waitFor("the job", () => jobs.length === 1);
      expect(jobs[0]!.name).toBe("reports.send");
      expect(jobs[0]!.id).toBe(`beatx-${message.id}`);
      expect(jobs[0]!.data).toEqual({
        args: message.args,
        kwargs: message.kwargs,
        beatx: {
          entry: message.entry,
          scheduledAt: "2026-03-04T05:06:07.891Z",
          fence: 42,
          expiresAt: "2030-01-01T00:00:00.000Z",
        },
      });
    });

    it("tries again as the entry's options say", async () => {
      const attempts: number[] = [];
      startWorker("retried", (job) => {
        attempts.push(job.attemptsMade);
        if (attempts.length < 3) throw new Error("not yet");
      });
      await send(to("retried", { options: { attempts: 3, backoff: { type: "fixed", delay: 1 } } }));
      await waitFor("the third attempt", () => attempts.length === 3);
      expect(attempts).toEqual([0, 1, 2]);
    });

    it("takes the smaller priority first, and the last of the others", async () => {
      const names: string[] = [];
      await send(
        to("ranked", { task: "low", options: { priority: 9 } }),
        to("ranked", { task: "high", options: { priority: 1 } }),
        to("ranked", { task: "first" }),
        to("ranked", { task: "last", options: { lifo: true } }),
      );
      startWorker("ranked", ({ name }) => names.push(name)).concurrency = 1;
      await waitFor("the jobs", () => names.length === 4);
      expect(names.slice(0, 2).sort()).toEqual(["first", "last"]);
      expect(names.slice(2)).toEqual(["high", "low"]);
    });

    it("misses and repeats none of 10 000 messages, although Redis is killed meanwhile", async () => {
      const messages = Array.from({ length: 10_000 }, () => to("burst"));
      const seen: string[] = [];
      let [batches, failures, restarted] = [0, 0, Promise.resolve()];
      for (let start = 0; start < messages.length; start += 500) {
        const batch = messages.slice(start, start + 500);
        // As core does: send a batch again until all of it is confirmed.
        await waitFor("the batch", async () => {
          const publishing = publisher.publish(batch, { signal: never });
          if ((batches += 1) === 8) restarted = killWhileSending();
          return publishing.catch(() => void (failures += 1));
        });
        if (start === 6_000) startWorker("burst", ({ id }) => seen.push(id!));
      }
      await restarted;
      expect(failures).toBeGreaterThan(0);
      await waitFor("the jobs", () => seen.length >= messages.length);
      expect(seen.toSorted()).toEqual(messages.map(({ id }) => jobIdOf(id)).sort());
      const counts = await openQueue("burst").getJobCounts("waiting", "failed");
      expect(counts).toMatchObject({ waiting: 0, failed: 0 });
    });
  });

  /** Part of the current batch is in the queue then, unknown to its sender. */
  async function killWhileSending(): Promise<void> {
    await new Promise(setImmediate);
    await server.restart();
  }

  describe("the queue", () => {
    it("holds one job for each message of a batch that is sent twice, even after it was completed", async () => {
      const queue = openQueue("twice");
      const batch = Array.from({ length: 100 }, () => to("twice"));
      await send(...batch);
      await send(...batch);
      expect(await queue.count()).toBe(100);
      startWorker("twice", () => undefined);
      await waitFor("the jobs", async () => (await queue.getCompletedCount()) === 100);
      await send(...batch);
      expect([await queue.count(), await queue.getCompletedCount()]).toEqual([0, 100]);
    });

    it("takes a message again once its job was removed, under the same id", async () => {
      const ids: string[] = [];
      startWorker("removing", ({ id }) => ids.push(id!));
      const message = to("removing", { options: { removeOnComplete: true } });
      await send(message);
      await waitFor(
        "the job to be removed",
        async () => (await openQueue("removing").getJob(jobIdOf(message.id))) === undefined,
      );
      await send(message);
      await waitFor("the second job", () => ids.length === 2);
      expect(ids).toEqual([jobIdOf(message.id), jobIdOf(message.id)]);
    });

    it("is given every option that BullMQ has for a job", async () => {
      const options = {
        attempts: 5,
        backoff: { type: "exponential", delay: 1000, jitter: 0.5 },
        delay: 3_600_000,
        priority: 7,
        removeOnComplete: { age: 60, count: 10 },
        removeOnFail: 100,
        keepLogs: 5,
        stackTraceLimit: 2,
        deduplication: { id: "one-at-a-time", ttl: 60_000 },
      };
      const message = to("optioned", { options: { ...options, sizeLimit: 10_000 } });
      await send(message);
      const job = await openQueue("optioned").getJob(jobIdOf(message.id));
      expect(job?.opts).toMatchObject(options);
      expect(await job?.getState()).toBe("delayed");
    });

    it("is the one that the entry names, under the prefix, or the default one", async () => {
      const other = bullmqPublisher({ uri: `bullmq+${server.uri}/0?prefix=shop`, queue: "own" });
      opened.push(other);
      expect(await other.publish([sampleMessage(), to("mail")], { signal: never })).toEqual([undefined, undefined]);
      expect([await openQueue("own", "shop").count(), await openQueue("mail", "shop").count()]).toEqual([1, 1]);
      await send(sampleMessage());
      expect(await openQueue("beatx").count()).toBe(1);
    });

    it("is one of many in a batch", async () => {
      const names = Array.from({ length: 200 }, (_, index) => `many-${index}`);
      await send(...names.flatMap((name) => [to(name), to(name)]));
      const [first, last] = [openQueue(names[0]!), openQueue(names.at(-1)!)];
      expect([await first.count(), await last.count()]).toEqual([2, 2]);
    });

    it("fails only its own messages if its keys are of another kind", async () => {
      await server.cli("SET", "bull:taken:id", "not a number");
      const answers = await publisher.publish([to("taken"), to("free"), to("taken")], { signal: never });
      expect(answers[1]).toBeUndefined();
      for (const index of [0, 2]) {
        expect(answers[index]).toMatchObject({
          code: "PUBLISH",
          message: expect.stringContaining("refused") as string,
        });
      }
      expect(await openQueue("free").count()).toBe(1);
    });

    it("says that nothing was sent if Redis refuses a single job because its memory is full", async () => {
      await server.cli("CONFIG", "SET", "maxmemory", "1");
      const answers = await publisher.publish([to("full")], { signal: never });
      const batch = await publisher.publish([to("full"), to("full")], { signal: never });
      await server.cli("CONFIG", "SET", "maxmemory", "0");
      const full = { code: "PUBLISH", message: expect.stringContaining("OOM") as string };
      expect(answers).toEqual([expect.objectContaining({ ...full, notSent: true })]);
      for (const answer of batch) expect(answer).toMatchObject({ ...full, notSent: false });
      expect(await openQueue("full").count()).toBe(0);
    });

    it("leaves its settings to the application", async () => {
      await server.cli("HSET", "bull:configured:meta", "opts.maxLenEvents", "7");
      await send(to("configured"));
      expect(await server.cli("HGETALL", "bull:configured:meta")).toBe("opts.maxLenEvents\n7");
    });
  });
}
