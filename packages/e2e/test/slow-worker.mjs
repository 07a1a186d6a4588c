// A real BullMQ worker with a slow task; the counterpart of slow_worker.py. Prints READY.
// Arguments: port and database of the queue's Redis, a Redis for the rows, ms that a run takes.
import { Worker } from "bullmq";
import { Redis } from "ioredis";

const [port, db, rows, runMs] = process.argv.slice(2);
const notes = new Redis(rows);

async function runSlowly({ id }) {
  await notes.rpush("rows", `start ${id}`);
  await new Promise((resolve) => setTimeout(resolve, Number(runMs)));
  await notes.rpush("rows", `end ${id}`);
}

const worker = new Worker("beatx", runSlowly, {
  connection: { port: Number(port), db: Number(db), maxRetriesPerRequest: null },
  concurrency: 4,
  // A busy machine renews the lock of a job late; the job must not count as stalled then.
  lockDuration: 10_000,
  stalledInterval: 1_000,
});
await worker.waitUntilReady();
process.stdout.write("READY\n");
