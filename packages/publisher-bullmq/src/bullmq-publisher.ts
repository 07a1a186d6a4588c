import { systemClock } from "@beatx/core";
import type { Message, PublishContext, Publisher } from "@beatx/core";
import { BeatxError, OverlapError, PUBLISHER_CONTRACT, PublishError } from "@beatx/core/adapter";
import { batches } from "@beatx/shared-redis";
import type { RedisClient, RedisConnection } from "@beatx/shared-redis";
import type { Queue } from "bullmq";
import { checkHealth, UsedQueues } from "./health.js";
import { createJobMaker } from "./job.js";
import type { PreparedJob } from "./job.js";
import { endOldHolds } from "./overlap.js";
import { createQueues } from "./queues.js";
import type { Queues } from "./queues.js";
import { readSettings } from "./settings.js";
import type { BullmqOptions } from "./settings.js";

interface Parts {
  readonly connection: RedisConnection<RedisClient>;
  readonly prefix: string;
  readonly queues: Queues;
  readonly used: UsedQueues;
  readonly makeJob: (message: Message) => PreparedJob;
}

/** A job, and the index of its message. */
interface IndexedJob extends PreparedJob {
  readonly index: number;
}

/** Per message: sent (`undefined`), failed (the error), not written yet, or written without an answer so far. */
type Answers = (Error | undefined | "waiting" | "written")[];

/** Limits of one pipeline, which has all its text in memory at once. */
const BATCH_JOBS = 500;
const BATCH_CHARACTERS = 4_000_000;

/**
 * Publishes to BullMQ queues at least once (R24). A copy has the same job id, and BullMQ drops it while it remembers the
 * job. It is not exactly once, because an id is free again after its job was removed (R22).
 * @throws ConfigError for options that can never work.
 */
export function bullmqPublisher(options: BullmqOptions): Publisher {
  const { connection, prefix, defaultQueue } = readSettings(options);
  const queues = createQueues(connection.client, prefix);
  const parts = { connection, prefix, queues, used: new UsedQueues(), makeJob: createJobMaker(defaultQueue) };
  return {
    contract: PUBLISHER_CONTRACT,
    name: "bullmq+redis",
    delivery: "at-least-once",
    skipsOverlap: true,
    publish: (messages, context) => publish(parts, messages, context),
    checkHealth: ({ signal }) => checkHealth({ ...parts, prefix, defaultQueue }, signal),
    async close() {
      await connection.close();
      await parts.queues.close();
    },
  };
}

async function publish(
  { connection, prefix, queues, used, makeJob }: Parts,
  messages: readonly Message[],
  { signal }: PublishContext,
): Promise<readonly (Error | undefined)[]> {
  connection.checkOpen();
  const answers: Answers = messages.map(() => "waiting");
  const byQueue = jobsByQueue(messages, makeJob, answers);
  if (byQueue.size === 0) return answers as (Error | undefined)[];

  for (const queue of byQueue.keys()) used.note(queue);

  async function fill(client: RedisClient, queue: string, jobs: readonly IndexedJob[], mayGoOn: () => void) {
    const held = jobs.flatMap(({ hold }) => (hold ? [hold] : []));
    await endOldHolds(client, `${prefix}:${queue}:`, held, systemClock.now(), mayGoOn);
    for (const batch of batches(jobs, BATCH_JOBS, BATCH_CHARACTERS, ({ characters }) => characters)) {
      mayGoOn();
      for (const { index } of batch) answers[index] = "written";
      const given = await addBatch(connection, queues.get(queue), batch);
      batch.forEach(({ index }, position) => (answers[index] = given[position]));
    }
  }

  try {
    await connection.run(
      "add the jobs",
      async (client, mayGoOn) => {
        await Promise.all([...byQueue].map(([queue, jobs]) => fill(client, queue, jobs, mayGoOn)));
      },
      signal,
    );
  } catch (error) {
    return completeWith(answers, error);
  }
  return answers as (Error | undefined)[];
}

/** The answer for each job of a batch: the same error for all if Redis refused one. Rejects if there was no answer. */
async function addBatch(
  connection: Parts["connection"],
  queue: Queue,
  batch: readonly IndexedJob[],
): Promise<readonly (Error | undefined)[]> {
  try {
    const added = await queue.addBulk(batch.map(({ job }) => job));
    // For a job that is held up BullMQ answers the id of the one that holds it.
    return batch.map(({ hold }, index) => (hold && added[index]!.id !== hold.jobId ? new OverlapError() : undefined));
  } catch (error) {
    const refusal = await connection.explainRefusal("add the jobs", error);
    if (!refusal) throw error;
    // The error is that of the first job which was refused: others of the batch may have been added.
    const isUnsent = batch.length === 1 && isRefusedWhole(connection, error);
    return batch.map(() => (isUnsent ? PublishError.asNotSent(refusal) : refusal));
  }
}

/** The answers, with the error for each message that has none; one that was not written was certainly not sent. */
function completeWith(answers: Answers, error: unknown): (Error | undefined)[] {
  const unsent = BeatxError.hasCode(error, "PUBLISH") ? PublishError.asNotSent(error) : error;
  if (answers.every((answer) => answer === "written")) throw error;
  if (answers.every((answer) => answer === "waiting")) throw unsent;
  return answers.map((answer) => {
    if (typeof answer !== "string") return answer;
    return (answer === "waiting" ? unsent : error) as Error;
  });
}

/** Whether Redis refused the script of a job before its first write, and never saw it before. */
function isRefusedWhole({ sendsOnce }: Parts["connection"], error: unknown): boolean {
  const words = error instanceof Error ? error.message : "";
  return sendsOnce && /\b(OOM|READONLY|LOADING|MASTERDOWN|MISCONF|NOAUTH|CLUSTERDOWN)\b/.test(words);
}

/** The jobs of each queue. Puts the error of a message that can never be sent into `answers`. */
function jobsByQueue(
  messages: readonly Message[],
  makeJob: Parts["makeJob"],
  answers: Answers,
): ReadonlyMap<string, readonly IndexedJob[]> {
  const byQueue = new Map<string, IndexedJob[]>();
  for (const [index, message] of messages.entries()) {
    try {
      const job = makeJob(message);
      const others = byQueue.get(job.queue);
      if (others) others.push({ ...job, index });
      else byQueue.set(job.queue, [{ ...job, index }]);
    } catch (error) {
      answers[index] = PublishError.asNotSent(error);
    }
  }
  return byQueue;
}
