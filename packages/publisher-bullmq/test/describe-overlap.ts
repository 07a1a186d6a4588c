import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createBeat, createClient, type Message, type Publisher, silentLogger } from "@beatx/core";
import { bullmqPublisher, jobIdOf, publisherProvider } from "@beatx/publisher-bullmq";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import type { Job } from "bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { BullMQ } from "./describe-bullmq.js";
import { sampleMessage } from "./sample-message.js";

const never = new AbortController().signal;
const STUCK_WORKER = fileURLToPath(new URL("./stuck-worker.mjs", import.meta.url));

/** Entries whose runs must not overlap (R52), with real workers of one major version. `module`: its name. */
export function describeOverlap(bullmq: BullMQ, module: string): void {
  let server: RedisServer;
  let publisher: Publisher;
  const opened: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    server = await startRedis();
    publisher = bullmqPublisher({ uri: `bullmq+${server.uri}/0` });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });
  afterAll(async () => {
    await publisher?.close();
    await server?.stop();
  });

  function startWorker(queue: string, process: (job: Job) => Promise<void>): void {
    const connection = { port: server.port, maxRetriesPerRequest: null };
    const worker = new bullmq.Worker(queue, process, { connection, stalledInterval: 300 });
    worker.on("error", () => undefined);
    opened.push(worker);
  }

  function openQueue(name: string) {
    const queue = new bullmq.Queue(name, { connection: { port: server.port } });
    opened.push(queue);
    return queue;
  }

  /** The next run of the entry that the queue is named after. */
  let count = 0;
  const runOf = (queue: string, { ttlMs = 3_600_000, ...options }: { ttlMs?: number } & Message["options"] = {}) => {
    const overlap = { policy: "skip", ttlMs } as const;
    count += 1;
    return sampleMessage({ entry: queue, scheduledAt: 1_000 * count, overlap, options: { queue, ...options } });
  };

  /** `true`: taken, `false`: held up. */
  async function isTaken(message: Message): Promise<boolean> {
    const [answer] = await publisher.publish([message], { signal: never });
    if (answer === undefined) return true;
    expect(answer).toMatchObject({ code: "OVERLAP" });
    return false;
  }

  /** Asks with new runs until one is taken. */
  const whenTaken = (queue: string) => waitFor("the next run", () => isTaken(runOf(queue)));

  describe("runs that must not overlap", () => {
    it("are held up while the job waits and runs, and go on after its end", async () => {
      const first = runOf("held");
      expect(await isTaken(first)).toBe(true);
      expect(await isTaken(runOf("held"))).toBe(false);
      let [running, end] = [false, (): void => undefined];
      startWorker("held", async ({ id }) => {
        if (id !== jobIdOf(first.id)) return;
        running = true;
        await new Promise<void>((resolve) => (end = resolve));
      });
      await waitFor("the job to run", () => running);
      expect(await isTaken(runOf("held"))).toBe(false);
      expect(await isTaken(first)).toBe(true);
      end();
      await whenTaken("held");
    });

    it("are held up by a retry, and released when the job has failed for good", async () => {
      let attempts = 0;
      let goOn = (): void => undefined;
      startWorker("failing", async () => {
        attempts += 1;
        if (attempts === 2) await new Promise<void>((resolve) => (goOn = resolve));
        throw new Error("on purpose");
      });
      expect(await isTaken(runOf("failing", { attempts: 2, backoff: 1 }))).toBe(true);
      await waitFor("the second attempt", () => attempts === 2);
      expect(await isTaken(runOf("failing"))).toBe(false);
      goOn();
      await whenTaken("failing");
    });

    it("are held up by a worker that was killed, until another one has done its job", async () => {
      expect(await isTaken(runOf("killed"))).toBe(true);
      const child = spawn(process.execPath, [STUCK_WORKER, module, String(server.port), "killed"]);
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(await isTaken(runOf("killed"))).toBe(false);
      const done: string[] = [];
      startWorker("killed", async ({ id }) => void done.push(id!));
      await whenTaken("killed");
      expect(done).toHaveLength(1);
    });

    it("are released when the job, or all of the queue, is removed", async () => {
      const first = runOf("removed");
      expect(await isTaken(first)).toBe(true);
      const queue = openQueue("removed");
      await queue.remove(jobIdOf(first.id));
      expect(await isTaken(runOf("removed"))).toBe(true);
      await queue.obliterate({ force: true });
      expect(await isTaken(runOf("removed"))).toBe(true);
    });

    it("are released when only the job's own key is lost", async () => {
      const first = runOf("lost");
      expect(await isTaken(first)).toBe(true);
      await server.cli("DEL", `bull:lost:${jobIdOf(first.id)}`);
      expect(await isTaken(runOf("lost"))).toBe(true);
    });

    it("keep the key of the next run when the job that was too old ends", async () => {
      expect(await isTaken(runOf("old", { ttlMs: 1_000 }))).toBe(true);
      const next = await waitFor("the bound", async () => {
        const message = runOf("old", { ttlMs: 1_000 });
        return (await isTaken(message)) && message;
      });
      let jobs = 0;
      startWorker("old", () => ((jobs += 1) === 1 ? Promise.resolve() : new Promise(() => undefined)));
      await waitFor("the second job", () => jobs === 2);
      const key = `bull:old:de:beatx:beatx/old`;
      expect(await server.cli("GET", key)).toBe(jobIdOf(next.id));
      await Promise.all(opened.splice(0).map((each) => (each as { close(force: boolean): Promise<void> }).close(true)));
    });

    it("do not mix with a deduplication of the user's own", async () => {
      const answers = await publisher.publish([runOf("both", { deduplication: { id: "x" } })], { signal: never });
      expect(answers[0]?.message).toMatch(/"both": option "deduplication" and the field overlap exclude each other/);
    });
  });

  it("a beat skips what is due while a job runs, and goes on after its end", async () => {
    let [started, end] = [0, (): void => undefined];
    startWorker("beat", async () => {
      started += 1;
      if (started === 1) await new Promise<void>((resolve) => (end = resolve));
    });
    const namespace = `overlap-${module}`;
    const store = { store: `${server.uri}/0`, stores: [storeProvider], namespace };
    const overlap = { policy: "skip", ttlMs: 3_600_000 } as const;
    const beat = createBeat({
      ...store,
      publisher: `bullmq+${server.uri}/0`,
      publishers: [publisherProvider],
      logger: silentLogger,
      schedule: { slow: { task: "t", schedule: "1s", overlap, options: { queue: "beat" } } },
    });
    const client = createClient(store);
    try {
      await beat.start();
      await waitFor("overlaps", async () => ((await client.get("slow"))?.skipped ?? 0) >= 2);
      expect(started).toBe(1);
      expect((await client.history("slow"))[0]).toMatchObject({ outcome: "skipped", reason: "overlap" });
      end();
      await waitFor("the next job", () => started >= 2);
    } finally {
      await beat.stop();
      await client.close();
    }
  });
}
